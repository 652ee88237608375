package io.pageferry.bench.fault;

import java.util.Collection;
import java.util.Objects;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Runs {@link FaultPathBenchmark}. Arguments are JMH's own and come on top. */
public final class FaultBenchmarks {
  private FaultBenchmarks() {}

  /**
   * Runs it and prints what it counted, since JMH's table adds the iterations up.
   *
   * @param arguments for instance {@code -i 20}
   */
  public static void main(String[] arguments) throws RunnerException, CommandLineOptionException {
    print(
        new Runner(
                new OptionsBuilder()
                    .parent(new CommandLineOptions(arguments))
                    .include("\\." + FaultPathBenchmark.class.getSimpleName() + "\\.")
                    .timeout(TimeValue.minutes(2))
                    .build())
            .run());
  }

  private static void print(Collection<RunResult> runs) {
    System.out.printf("%n%-20s %10s %10s %10s%n", "Of an iteration", "median", "least", "most");
    for (RunResult run : runs) {
      for (String counter : run.getSecondaryResults().keySet()) {
        double[] values =
            run.getBenchmarkResults().stream()
                .flatMap(fork -> fork.getIterationResults().stream())
                .map(iteration -> iteration.getSecondaryResults().get(counter))
                .mapToDouble(result -> Objects.requireNonNull(result).getScore())
                .sorted()
                .toArray();
        System.out.printf(
            "%-20s %10.1f %10.1f %10.1f%n",
            counter, values[values.length / 2], values[0], values[values.length - 1]);
      }
    }
  }
}
