package io.pageferry.telemetry;

import java.util.Arrays;

/**
 * Buckets for durations from 100 ns to 1000 s: each power of ten is cut at 1, 2 and 5, and what is
 * between into equal steps, so that a bucket is at most 2.5 % wide and every 1, 2 or 5 is an edge.
 * A bucket includes its upper edge, as Prometheus' do. Stateless; any thread.
 */
final class LatencyBuckets {
  /** Number of buckets: one for whatever is shorter, then those of ten powers of ten. */
  static final int COUNT;

  private static final long SHORTEST_NANOS = 100;
  private static final long LONGEST_NANOS = 1_000_000_000_000L;
  private static final int DECADES = 10;

  /** Of a value with three leading digits: the bucket that holds it, within its power of ten. */
  private static final int[] BUCKET_OF_DIGITS = new int[1000];

  /** The digits at which each bucket of a power of ten ends. */
  private static final int[] UPPER_DIGITS;

  /** What a value of a power of ten is divided by to get its three leading digits. */
  private static final long[] SCALES = new long[DECADES];

  static {
    int buckets = 0;
    int[] upper = new int[BUCKET_OF_DIGITS.length];
    for (int digits = 100; digits < 1000; ) {
      int step = digits < 200 ? 2 : digits < 500 ? 5 : 10;
      for (int end = digits + step; digits < end; digits++) {
        BUCKET_OF_DIGITS[digits] = buckets;
      }
      upper[buckets++] = digits;
    }
    UPPER_DIGITS = Arrays.copyOf(upper, buckets);
    COUNT = 1 + DECADES * buckets;
    long scale = 1;
    for (int decade = 0; decade < DECADES; decade++) {
      SCALES[decade] = scale;
      scale *= 10;
    }
  }

  private LatencyBuckets() {}

  /** The bucket of a duration; the first and the last one take whatever is beyond. */
  static int of(long nanos) {
    if (nanos <= SHORTEST_NANOS) {
      return 0;
    }
    // One less, because a duration at an edge belongs to the bucket below.
    long value = Math.min(nanos, LONGEST_NANOS) - 1;
    int decade = 0;
    while (value >= 1000 * SCALES[decade]) {
      decade++;
    }
    int digits = (int) (value / SCALES[decade]);
    return 1 + decade * UPPER_DIGITS.length + BUCKET_OF_DIGITS[digits];
  }

  /** The longest duration of a bucket, in nanoseconds. */
  static long upperNanos(int bucket) {
    if (bucket == 0) {
      return SHORTEST_NANOS;
    }
    int decade = (bucket - 1) / UPPER_DIGITS.length;
    return SCALES[decade] * UPPER_DIGITS[(bucket - 1) % UPPER_DIGITS.length];
  }

  /** The middle of a bucket, in nanoseconds. */
  static long middleNanos(int bucket) {
    long upper = upperNanos(bucket);
    return bucket == 0 ? upper : (upperNanos(bucket - 1) + upper) / 2;
  }
}
