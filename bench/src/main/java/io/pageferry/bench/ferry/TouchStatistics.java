package io.pageferry.bench.ferry;

import io.pageferry.bench.result.Curve;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What the guest program {@code touch} keeps of itself, read from its memory ({@code struct stats}
 * of {@code guest/programs/touch.c}): counts, and its touches by how long they took, in buckets of
 * ticks of 100 ns. Immutable.
 */
final class TouchStatistics {
  /** Bytes of the statistics. */
  static final int BYTES = 0x100 + 128 * Long.BYTES;

  private static final int BUCKETS = 128;
  private static final double TICKS_PER_MICRO = 10;

  /** The shortest touch that counts as a stall, in microseconds. */
  static final double STALL_MICROS = 5;

  private final long touches;
  private final boolean ready;
  private final long[] histogram;

  private TouchStatistics(long touches, boolean ready, long[] histogram) {
    this.touches = touches;
    this.ready = ready;
    this.histogram = histogram;
  }

  static TouchStatistics parse(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long[] histogram = new long[BUCKETS];
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      histogram[bucket] = buffer.getLong(0x100 + bucket * Long.BYTES);
    }
    return new TouchStatistics(buffer.getLong(0), buffer.getLong(48) == 1, histogram);
  }

  /** Pages touched. */
  long touches() {
    return touches;
  }

  /** Whether every page is initialised. */
  boolean ready() {
    return ready;
  }

  /** What was added since an earlier look. */
  TouchStatistics since(TouchStatistics earlier) {
    long[] added = new long[BUCKETS];
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      added[bucket] = histogram[bucket] - earlier.histogram[bucket];
    }
    return new TouchStatistics(touches - earlier.touches, ready, added);
  }

  /** The middle of a bucket in microseconds. */
  private static double micros(int bucket) {
    int log = bucket / 4;
    double width = log < 2 ? 1 : 1L << (log - 2);
    double floor = log < 2 ? 1L << log : (4 + bucket % 4) * width;
    return (floor + width / 2) / TICKS_PER_MICRO;
  }

  long stalls() {
    long stalls = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      stalls += micros(bucket) >= STALL_MICROS ? histogram[bucket] : 0;
    }
    return stalls;
  }

  /** Microseconds that a share of the stalls does not exceed; 0 if there was none. */
  double stallMicros(double share) {
    long wanted = (long) Math.ceil(share * stalls());
    long seen = 0;
    for (int bucket = 0; bucket < BUCKETS && wanted > 0; bucket++) {
      seen += micros(bucket) >= STALL_MICROS ? histogram[bucket] : 0;
      if (seen >= wanted) {
        return micros(bucket);
      }
    }
    return 0;
  }

  /** The distribution of the stalls. */
  Curve stallCurve() {
    List<Curve.Point> points = new ArrayList<>();
    double total = stalls();
    long seen = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      if (micros(bucket) >= STALL_MICROS && histogram[bucket] > 0) {
        seen += histogram[bucket];
        points.add(new Curve.Point(micros(bucket), seen / total));
      }
    }
    return new Curve(Curve.Kind.LATENCY, points);
  }
}
