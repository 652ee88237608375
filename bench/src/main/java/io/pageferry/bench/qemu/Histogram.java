package io.pageferry.bench.qemu;

import io.pageferry.bench.result.Curve;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Durations that QEMU's guest counted, in ticks of its time stamp counter: four buckets to each
 * doubling, so that a bucket is at most a quarter of its values wide. Immutable.
 */
final class Histogram {
  /** How many buckets there are. */
  static final int BUCKETS = 128;

  private static final int PER_DOUBLING = 4;

  private final long[] counts;

  private Histogram(long[] counts) {
    this.counts = counts;
  }

  /**
   * Of counts by bucket.
   *
   * @throws IllegalArgumentException if there are not {@link #BUCKETS}
   */
  static Histogram of(long[] counts) {
    if (counts.length != BUCKETS) {
      throw new IllegalArgumentException("A histogram has no " + counts.length + " buckets.");
    }
    return new Histogram(counts.clone());
  }

  /** What was counted after an earlier state of the same histogram. */
  Histogram since(Histogram earlier) {
    long[] difference = new long[BUCKETS];
    Arrays.setAll(difference, i -> counts[i] - earlier.counts[i]);
    return new Histogram(difference);
  }

  /** Those of at least some ticks: buckets that begin there or later. */
  Histogram atLeast(double ticks) {
    long[] long_ = new long[BUCKETS];
    Arrays.setAll(long_, i -> lowerTicks(i) >= ticks ? counts[i] : 0);
    return new Histogram(long_);
  }

  /** How many there are. */
  long count() {
    return Arrays.stream(counts).sum();
  }

  /**
   * The middle, in ticks, of the bucket that holds a share of all; not a number if it is empty.
   *
   * @param share from 0 to 1
   */
  double percentile(double share) {
    long total = count();
    long below = 0;
    for (int i = 0; i < BUCKETS; i++) {
      below += counts[i];
      if (counts[i] > 0 && below >= share * total) {
        return (lowerTicks(i) + lowerTicks(i + 1)) / 2;
      }
    }
    return Double.NaN;
  }

  /** The share that took no longer than the end of each bucket. Empty if there is nothing. */
  Curve curve(double ticksPerMicro) {
    List<Curve.Point> points = new ArrayList<>();
    long total = count();
    long below = 0;
    for (int i = 0; i < BUCKETS; i++) {
      below += counts[i];
      if (counts[i] > 0) {
        points.add(new Curve.Point(lowerTicks(i + 1) / ticksPerMicro, (double) below / total));
      }
    }
    return new Curve(Curve.Kind.LATENCY, points);
  }

  /**
   * Where a bucket begins. Those of the first two doublings are never used: the guest rounds up.
   */
  private static double lowerTicks(int bucket) {
    int doubling = bucket / PER_DOUBLING;
    return Math.scalb((double) (PER_DOUBLING + bucket % PER_DOUBLING), doubling - 2);
  }
}
