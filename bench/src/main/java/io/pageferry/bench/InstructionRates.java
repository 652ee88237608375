package io.pageferry.bench;

import java.util.Collection;
import java.util.Objects;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;

/** Prints instructions a second of processor time, from the counters of {@link Progress}. */
final class InstructionRates {
  private static final String INSTRUCTIONS = "instructions";

  private InstructionRates() {}

  /** One line for each pair of counters {@code instructionsX} and {@code nanosX}. */
  static void print(Collection<RunResult> runs) {
    System.out.println("\nMillion instructions a second of processor time");
    for (RunResult run : runs) {
      for (String counter : run.getSecondaryResults().keySet()) {
        if (counter.startsWith(INSTRUCTIONS)) {
          print(run, counter.substring(INSTRUCTIONS.length()));
        }
      }
    }
  }

  private static void print(RunResult run, String suffix) {
    double[] rates =
        run.getBenchmarkResults().stream()
            .flatMap(fork -> fork.getIterationResults().stream())
            .mapToDouble(iteration -> rate(iteration, suffix))
            .sorted()
            .toArray();
    System.out.printf(
        "%-70s median %6.1f, %.1f to %.1f in %d iterations%n",
        name(run.getParams()) + " " + suffix,
        rates[rates.length / 2],
        rates[0],
        rates[rates.length - 1],
        rates.length);
  }

  private static double rate(IterationResult iteration, String suffix) {
    return score(iteration, INSTRUCTIONS + suffix) / score(iteration, "nanos" + suffix) * 1000;
  }

  private static double score(IterationResult iteration, String counter) {
    return Objects.requireNonNull(iteration.getSecondaryResults().get(counter)).getScore();
  }

  private static String name(BenchmarkParams params) {
    String benchmark = params.getBenchmark();
    StringBuilder name = new StringBuilder(benchmark.replaceFirst(".*\\.(\\w+\\.\\w+)$", "$1"));
    for (String key : params.getParamsKeys()) {
      name.append(' ').append(key).append('=').append(params.getParam(key));
    }
    return name.toString();
  }
}
