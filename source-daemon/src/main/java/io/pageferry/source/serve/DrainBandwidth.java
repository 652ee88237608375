package io.pageferry.source.serve;

import io.pageferry.memory.PageGeometry;
import io.pageferry.source.image.Delivery;
import java.util.function.LongSupplier;

/**
 * What the drains of a daemon may send together. Pages that vCPUs wait for are not counted, and
 * never wait for it.
 *
 * <p>Drains take turns of one frame. A turn is taken when a drain has something to send and its
 * connection takes it, and comes in the order in which turns are taken: drains that could send more
 * get equal shares, and what a slow one leaves is the others'.
 *
 * <p>Any thread. Its monitor is held for moments, and nothing is called under it but the clock.
 */
public final class DrainBandwidth {
  /** No limit. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  /** The least that may be set: a drain sends a frame in a second. */
  public static final long MINIMUM = PageGeometry.bytes(Delivery.MAX_FRAME_PAGES);

  private static final double NANOS_PER_SECOND = 1e9;

  /** How late the drains may be and still catch up: clocks of busy hosts ring late. */
  private static final long CATCH_UP_NANOS = 20_000_000;

  private static final long FRAME_BYTES = PageGeometry.bytes(Delivery.MAX_FRAME_PAGES);

  private final long bytesPerSecond;
  private final LongSupplier clock;

  /** When the next turn comes. Guarded by this object's monitor. */
  private long nextTurn;

  /** Bandwidth in bytes a second, or {@link #UNLIMITED}. */
  public DrainBandwidth(long bytesPerSecond) {
    this(bytesPerSecond, System::nanoTime);
  }

  DrainBandwidth(long bytesPerSecond, LongSupplier clock) {
    this.bytesPerSecond = bytesPerSecond;
    this.clock = clock;
    nextTurn = clock.getAsLong();
  }

  /** Whether turns need not be taken. */
  boolean isUnlimited() {
    return bytesPerSecond == UNLIMITED;
  }

  /** Takes a turn, of a whole frame; returns when it comes, as {@link System#nanoTime} has it. */
  synchronized long takeTurn() {
    long earliest = clock.getAsLong() - CATCH_UP_NANOS;
    long turn = nextTurn - earliest < 0 ? earliest : nextTurn;
    nextTurn = turn + nanos(FRAME_BYTES);
    return turn;
  }

  /** A turn that was taken is over; what was not sent in it is for others. */
  synchronized void endTurn(long bytesSent) {
    nextTurn -= nanos(FRAME_BYTES - Math.min(FRAME_BYTES, bytesSent));
  }

  /** Nanoseconds until a turn comes; 0 or less when it has come. */
  long until(long turn) {
    return turn - clock.getAsLong();
  }

  private long nanos(long bytes) {
    return (long) (bytes * NANOS_PER_SECOND / bytesPerSecond);
  }
}
