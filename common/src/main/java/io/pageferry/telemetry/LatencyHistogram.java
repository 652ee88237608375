package io.pageferry.telemetry;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Durations that one thread records: a count for each bucket, and count, sum, least and greatest of
 * all. Recording is a few plain loads and opaque stores, without a locked instruction, because it
 * stands in the path of a fault.
 *
 * <p>One thread records at a time. Any thread reads, through {@link LatencyCounts#add}: it sees
 * each number whole and never one that goes back, but of a duration that is being recorded maybe
 * only a part.
 */
public final class LatencyHistogram {
  static final int COUNT = LatencyBuckets.COUNT;
  static final int SUM = COUNT + 1;
  static final int LEAST = COUNT + 2;
  static final int GREATEST = COUNT + 3;

  /** All in one array, so that histograms of different threads share no cache line that matters. */
  private final AtomicLongArray values = new AtomicLongArray(LatencyBuckets.COUNT + 4);

  /** Nothing recorded. */
  public LatencyHistogram() {
    values.setOpaque(LEAST, Long.MAX_VALUE);
  }

  /** Records a duration; a negative one counts as 0. */
  public void record(long nanos) {
    long value = Math.max(nanos, 0);
    add(LatencyBuckets.of(value), 1);
    add(COUNT, 1);
    add(SUM, value);
    if (value < values.getPlain(LEAST)) {
      values.setOpaque(LEAST, value);
    }
    if (value > values.getPlain(GREATEST)) {
      values.setOpaque(GREATEST, value);
    }
  }

  private void add(int index, long amount) {
    values.setOpaque(index, values.getPlain(index) + amount);
  }

  /** Durations recorded. */
  public long count() {
    return value(COUNT);
  }

  /** Their sum, in nanoseconds. */
  public long sumNanos() {
    return value(SUM);
  }

  long value(int index) {
    return values.getOpaque(index);
  }
}
