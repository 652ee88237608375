package io.pageferry.bench.net;

import java.util.OptionalLong;

/**
 * One direction of a link, which its connections share: says how much may enter it now, and when it
 * comes out. Bytes enter one after the other at the link's rate, so the rate is a token bucket that
 * holds a moment's worth. At most {@link #QUEUE_NANOS} of bytes wait to enter; the rest waits at
 * the sender, as before a router with a short queue. Times are of {@link System#nanoTime()}. Used
 * by the forwarder's thread.
 */
final class Wire {
  /** What may be queued to enter. Covers the moments in which the thread does not run. */
  static final long QUEUE_NANOS = 2_000_000;

  /** Bytes that are delayed as one take no longer than this to enter. */
  private static final long GRAIN_NANOS = 50_000;

  private static final int LEAST_GRAIN_BYTES = 1_500;
  private static final double BITS_TIMES_NANOS = 8e9;

  private LinkSettings settings;
  private long freeNanos = System.nanoTime();

  Wire(LinkSettings settings) {
    this.settings = settings;
  }

  /** For bytes that enter from now on. */
  void change(LinkSettings changed) {
    settings = changed;
  }

  /** When bytes may enter; a time that has passed if they may now. */
  long opensNanos(long now) {
    return settings.bitsPerSecond().isEmpty() ? now : freeNanos - QUEUE_NANOS;
  }

  /** Most bytes to enter at once. */
  int grainBytes(int most) {
    OptionalLong rate = settings.bitsPerSecond();
    return rate.isEmpty()
        ? most
        : (int)
            Math.clamp(
                rate.getAsLong() / BITS_TIMES_NANOS * GRAIN_NANOS,
                Math.min(most, LEAST_GRAIN_BYTES),
                most);
  }

  /** Lets bytes enter that came at a time; returns when they come out. */
  long enter(int bytes, long now) {
    OptionalLong rate = settings.bitsPerSecond();
    if (rate.isEmpty()) {
      return now + settings.oneWayNanos();
    }
    freeNanos = Math.max(freeNanos, now) + (long) (bytes * BITS_TIMES_NANOS / rate.getAsLong());
    return freeNanos + settings.oneWayNanos();
  }
}
