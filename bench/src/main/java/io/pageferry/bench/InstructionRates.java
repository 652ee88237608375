package io.pageferry.bench;

import java.util.Collection;
import java.util.stream.Stream;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** Prints instructions a second of processor time, from the counters of {@link Progress}. */
final class InstructionRates {
  private InstructionRates() {}

  /** One line for each benchmark that has the counters. */
  static void print(Collection<RunResult> runs) {
    System.out.println("\nMillion instructions a second of processor time");
    for (RunResult run : runs) {
      double[] rates = rates(run);
      if (rates.length > 0) {
        System.out.printf(
            "%-75s median %6.1f, %.1f to %.1f in %d iterations%n",
            name(run.getParams()),
            rates[rates.length / 2],
            rates[0],
            rates[rates.length - 1],
            rates.length);
      }
    }
  }

  private static String name(BenchmarkParams params) {
    String benchmark = params.getBenchmark();
    StringBuilder name = new StringBuilder(benchmark.replaceFirst(".*\\.(\\w+\\.\\w+)$", "$1"));
    for (String key : params.getParamsKeys()) {
      name.append(' ').append(key).append('=').append(params.getParam(key));
    }
    return name.toString();
  }

  /** In ascending order. */
  private static double[] rates(RunResult run) {
    return run.getBenchmarkResults().stream()
        .flatMap(fork -> fork.getIterationResults().stream())
        .flatMap(InstructionRates::rate)
        .mapToDouble(Double::doubleValue)
        .sorted()
        .toArray();
  }

  private static Stream<Double> rate(IterationResult iteration) {
    var counters = iteration.getSecondaryResults();
    Result<?> instructions = counters.get("instructions");
    Result<?> nanos = counters.get("processorNanos");
    return instructions == null || nanos == null
        ? Stream.empty()
        : Stream.of(instructions.getScore() / nanos.getScore() * 1000);
  }
}
