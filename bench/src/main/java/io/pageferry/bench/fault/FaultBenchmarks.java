package io.pageferry.bench.fault;

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
   * Runs it and prints JMH's table.
   *
   * @param arguments for instance {@code -i 20}
   */
  public static void main(String[] arguments) throws RunnerException, CommandLineOptionException {
    var _ =
        new Runner(
                new OptionsBuilder()
                    .parent(new CommandLineOptions(arguments))
                    .include("\\." + FaultPathBenchmark.class.getSimpleName() + "\\.")
                    .timeout(TimeValue.minutes(2))
                    .build())
            .run();
  }
}
