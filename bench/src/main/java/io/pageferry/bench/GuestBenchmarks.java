package io.pageferry.bench;

import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the benchmarks of the emulated machine with the allocation profiler. Arguments are JMH's own
 * and come on top; without a name among them, all three classes run.
 */
public final class GuestBenchmarks {
  private GuestBenchmarks() {}

  /**
   * Runs them and prints JMH's table.
   *
   * @param arguments for instance {@code -p program=kv InterpreterBenchmark}
   */
  public static void main(String[] arguments) throws RunnerException, CommandLineOptionException {
    CommandLineOptions given = new CommandLineOptions(arguments);
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .parent(given)
            .addProfiler(GCProfiler.class)
            .timeout(TimeValue.minutes(2));
    if (given.getIncludes().isEmpty()) {
      for (Class<?> benchmarks :
          new Class<?>[] {
            InterpreterBenchmark.class, UserfaultFastPathBenchmark.class, PauseBenchmark.class
          }) {
        var _ = options.include("\\." + benchmarks.getSimpleName() + "\\.");
      }
    }
    InstructionRates.print(new Runner(options.build()).run());
  }
}
