package io.pageferry.bench.qemu;

import io.pageferry.bench.result.Curve;
import io.pageferry.bench.result.Figure;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What was read before, during and after a migration of QEMU. Immutable, but for the samples.
 *
 * @param early the guest, a while before
 * @param before the guest, right before the command
 * @param atStop the guest, as the source has left it
 * @param after the guest, right after the destination had all memory
 * @param moments when what happened
 * @param own what QEMU counts itself
 * @param processorSeconds of both processes without their vCPUs
 * @param progress touches by time; nothing if no samples were taken
 */
record QemuReadings(
    GuestStatistics early,
    GuestStatistics before,
    GuestStatistics atStop,
    GuestStatistics after,
    Moments moments,
    Own own,
    double processorSeconds,
    TouchSamples progress) {
  private static final double STALL_MICROS = 5;
  private static final double MIB_PER_GIB = 1024;

  /**
   * When what happened: microseconds by the host's clock, but for {@code commandNanos}, by {@link
   * System#nanoTime}.
   */
  record Moments(
      long commandNanos,
      long commandMicros,
      long stopMicros,
      long resumeMicros,
      long completedMicros) {
    /** The stop, by {@link System#nanoTime}. */
    long stopNanos() {
      return commandNanos + (stopMicros - commandMicros) * 1000;
    }
  }

  /**
   * What QEMU counts itself.
   *
   * @param requests for pages that the destination sent
   * @param blocktimeMillis of its one vCPU
   */
  record Own(double requests, double blocktimeMillis) {}

  /** The figures of a run. An idle guest has neither touches nor stalls. */
  Map<Figure, Double> figures(QemuWorkload workload, int regionMib) {
    double totalMillis = (moments.completedMicros - moments.commandMicros) / 1e3;
    Map<Figure, Double> figures = new EnumMap<>(Figure.class);
    figures.put(Figure.TOTAL_MILLIS, totalMillis);
    figures.put(Figure.DOWNTIME_MILLIS, (moments.resumeMicros - moments.stopMicros) / 1e3);
    figures.put(Figure.THROUGHPUT_MIB, regionMib / (totalMillis / 1e3));
    figures.put(Figure.CPU_SECONDS_PER_GIB, processorSeconds / (regionMib / MIB_PER_GIB));
    figures.put(Figure.FAULTS, own.requests);
    figures.put(Figure.BLOCKTIME_MILLIS, own.blocktimeMillis);
    if (workload != QemuWorkload.IDLE) {
      figures.put(Figure.TOUCHES, (double) (after.touches() - atStop.touches()));
      figures.put(Figure.TOUCHES_PER_SECOND, before.touchesPerSecond(early));
    }
    Histogram stalls = stalls();
    if (stalls.count() > 0) {
      figures.put(Figure.STALL_P50_MICROS, stalls.percentile(0.5) / ticksPerMicro());
      figures.put(Figure.STALL_P99_MICROS, stalls.percentile(0.99) / ticksPerMicro());
    }
    return figures;
  }

  /** The curves of a run: of stalls and of progress, where there are any. */
  List<Curve> curves() {
    List<Curve> curves = new ArrayList<>();
    if (stalls().count() > 0) {
      curves.add(stalls().curve(ticksPerMicro()));
    }
    if (!progress.isEmpty()) {
      curves.add(progress.curve(moments.commandNanos, before.touchesPerSecond(early)));
    }
    return curves;
  }

  /** Touches at the destination that took long. */
  private Histogram stalls() {
    return after.durations().since(atStop.durations()).atLeast(STALL_MICROS * ticksPerMicro());
  }

  private double ticksPerMicro() {
    return before.ticksPerMicro(early);
  }
}
