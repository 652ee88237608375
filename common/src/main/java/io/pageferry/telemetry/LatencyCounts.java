package io.pageferry.telemetry;

/**
 * What {@link LatencyHistogram}s of several threads, or of several migrations, add up to. Times are
 * nanoseconds. One thread.
 */
public final class LatencyCounts {
  private final long[] buckets = new long[LatencyBuckets.COUNT];
  private long count;
  private long sumNanos;
  private long leastNanos = Long.MAX_VALUE;
  private long greatestNanos;

  /** Adds what a histogram has by now. */
  public void add(LatencyHistogram histogram) {
    for (int bucket = 0; bucket < buckets.length; bucket++) {
      long inBucket = histogram.value(bucket);
      buckets[bucket] += inBucket;
      // Not the histogram's own count, which may be one behind or ahead.
      count += inBucket;
    }
    sumNanos += histogram.sumNanos();
    leastNanos = Math.min(leastNanos, histogram.value(LatencyHistogram.LEAST));
    greatestNanos = Math.max(greatestNanos, histogram.value(LatencyHistogram.GREATEST));
  }

  /** Adds other counts. */
  public void add(LatencyCounts other) {
    for (int bucket = 0; bucket < buckets.length; bucket++) {
      buckets[bucket] += other.buckets[bucket];
    }
    count += other.count;
    sumNanos += other.sumNanos;
    leastNanos = Math.min(leastNanos, other.leastNanos);
    greatestNanos = Math.max(greatestNanos, other.greatestNanos);
  }

  /**
   * What was recorded between two readings of the same histograms. Its least and greatest are those
   * of the buckets, within 1.3 %.
   */
  public LatencyCounts since(LatencyCounts earlier) {
    LatencyCounts difference = new LatencyCounts();
    for (int bucket = 0; bucket < buckets.length; bucket++) {
      long inBucket = buckets[bucket] - earlier.buckets[bucket];
      if (inBucket > 0) {
        difference.buckets[bucket] = inBucket;
        difference.count += inBucket;
        long middle = LatencyBuckets.middleNanos(bucket);
        difference.leastNanos = Math.min(difference.leastNanos, middle);
        difference.greatestNanos = middle;
      }
    }
    difference.sumNanos = sumNanos - earlier.sumNanos;
    return difference;
  }

  /** Durations. */
  public long count() {
    return count;
  }

  /** Their sum. */
  public long sumNanos() {
    return sumNanos;
  }

  /** The shortest; 0 when there is none. */
  public long leastNanos() {
    return count == 0 ? 0 : leastNanos;
  }

  /** The longest; 0 when there is none. */
  public long greatestNanos() {
    return greatestNanos;
  }

  /** Arithmetic mean; 0 when there is none. */
  public double meanNanos() {
    return count == 0 ? 0 : (double) sumNanos / count;
  }

  /** What {@code percent} of the durations do not exceed, within 1.3 %; 0 when there is none. */
  public long percentileNanos(double percent) {
    long rank = Math.max(1, (long) Math.ceil(percent / 100 * count));
    long below = 0;
    for (int bucket = 0; bucket < buckets.length; bucket++) {
      below += buckets[bucket];
      if (below >= rank) {
        return Math.clamp(LatencyBuckets.middleNanos(bucket), leastNanos(), greatestNanos);
      }
    }
    return 0;
  }

  /**
   * How many durations lie between edges: up to the first, from there up to the second, and so on;
   * the last number is of those beyond the last edge.
   *
   * @param edgesNanos ascending; each 1, 2 or 5 times a power of ten, from 100 ns to 500 s
   */
  long[] between(long[] edgesNanos) {
    long[] counts = new long[edgesNanos.length + 1];
    int edge = 0;
    for (int bucket = 0; bucket < buckets.length; bucket++) {
      while (edge < edgesNanos.length && LatencyBuckets.upperNanos(bucket) > edgesNanos[edge]) {
        edge++;
      }
      counts[edge] += buckets[bucket];
    }
    return counts;
  }
}
