package io.pageferry.bench.qemu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What QEMU's guest says of itself, in a page at {@link #ADDRESS}; {@code qemu-guest.S} has the
 * layout.
 *
 * @param nanos when it was read, by {@link System#nanoTime}
 * @param touches pages touched
 * @param passes over the whole region
 * @param ready whether all pages are filled in
 * @param timestamp the time stamp counter at the latest touch
 * @param durations of touches
 */
record GuestStatistics(
    long nanos, long touches, int passes, boolean ready, long timestamp, Histogram durations) {
  /** Physical address. */
  static final long ADDRESS = 0x10000;

  /** Bytes. */
  static final int LENGTH = 4096;

  private static final int PASSES = 0x8;
  private static final int MAGIC = 0xc;
  private static final int TIMESTAMP = 0x10;
  private static final int DURATIONS = 0x100;
  private static final int READY = 0x600d600d;

  /** Reads the page. */
  static GuestStatistics of(byte[] page, long nanos) {
    ByteBuffer buffer = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
    long[] counts = new long[Histogram.BUCKETS];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = Integer.toUnsignedLong(buffer.getInt(DURATIONS + Integer.BYTES * i));
    }
    return new GuestStatistics(
        nanos,
        buffer.getLong(0),
        buffer.getInt(PASSES),
        buffer.getInt(MAGIC) == READY,
        buffer.getLong(TIMESTAMP),
        Histogram.of(counts));
  }

  /** Touches a second since an earlier reading. */
  double touchesPerSecond(GuestStatistics earlier) {
    return (touches - earlier.touches) * 1e9 / (nanos - earlier.nanos);
  }

  /** Ticks of the time stamp counter a microsecond since an earlier reading. */
  double ticksPerMicro(GuestStatistics earlier) {
    return (timestamp - earlier.timestamp) * 1e3 / (nanos - earlier.nanos);
  }
}
