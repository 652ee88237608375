package io.pageferry.bench.fault;

import io.pageferry.telemetry.LatencyCounts;
import io.pageferry.telemetry.LatencyHistogram;

/**
 * Compares an asynchronous fault with the two wake-ups that it needs: device to resolver, and back.
 * Both take turns in one run, so what else the host does affects both. Without a network: the page
 * is here, see {@link DeviceFaultRun}.
 */
public final class DeviceFaultBenchmark {
  private static final int ROUNDS = 20;
  private static final int WARM_UP_ROUNDS = 5;
  private static final int FAULTS = 4000;
  private static final double NANOS_PER_MICRO = 1e3;
  private static final double MOST_MORE_MICROS = 10;

  private DeviceFaultBenchmark() {}

  /** Measures and prints. Exit code 1 if the fault is dearer than two wake-ups and 10 µs. */
  public static void main(String[] arguments) throws InterruptedException {
    LatencyHistogram wakeUps = new LatencyHistogram();
    LatencyHistogram faults = new LatencyHistogram();
    for (int round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
      if (round == WARM_UP_ROUNDS) {
        wakeUps = new LatencyHistogram();
        faults = new LatencyHistogram();
      }
      new WakeUps().measure(FAULTS, wakeUps);
      try (DeviceFaultRun run = new DeviceFaultRun(FAULTS, faults)) {
        run.run();
      }
    }
    print("two wake-ups", wakeUps);
    print("asynchronous fault", faults);
    double more = micros(faults, 50) - micros(wakeUps, 50);
    System.out.printf(
        "The fault's median is %.1f µs more than two wake-ups; the limit is %.0f µs.%n",
        more, MOST_MORE_MICROS);
    if (more > MOST_MORE_MICROS) {
      System.exit(1);
    }
  }

  private static void print(String what, LatencyHistogram nanos) {
    System.out.printf(
        "%-20s %7d values, µs: p50 %6.1f  p90 %6.1f  p99 %6.1f%n",
        what, nanos.count(), micros(nanos, 50), micros(nanos, 90), micros(nanos, 99));
  }

  private static double micros(LatencyHistogram nanos, double percentile) {
    LatencyCounts counts = new LatencyCounts();
    counts.add(nanos);
    return counts.percentileNanos(percentile) / NANOS_PER_MICRO;
  }
}
