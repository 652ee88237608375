package io.pageferry.guest.device;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The guest's time: {@code mtime}, 10 MHz. Any thread.
 *
 * <p>It stands still while the machine is paused, so that a guest does not notice how long its
 * migration took. A <em>counting</em> clock follows the number of instructions of hart 0 instead of
 * the host's clock, and skips the time that a hart would wait idly.
 */
public final class GuestClock {
  /** Length of a tick. */
  public static final long NANOS_PER_TICK = 100;

  /** Instructions a tick of a counting clock. */
  static final long INSTRUCTIONS_PER_TICK = 10;

  private final boolean counting;
  private final LongSupplier nanoTime;

  /** What to add to the elapsed time, or to the count; while stopped, the time itself. */
  private final AtomicLong offset = new AtomicLong();

  /** Written only while no vCPU runs. */
  private volatile boolean running;

  /** A stopped clock at 0, that takes the host's time from {@code nanoTime} unless it counts. */
  public GuestClock(boolean counting, LongSupplier nanoTime) {
    this.counting = counting;
    this.nanoTime = nanoTime;
  }

  /** Whether it follows the number of instructions. */
  public boolean counting() {
    return counting;
  }

  /** Ticks now, given the number of instructions that hart 0 has retired. */
  long ticks(long instructions) {
    return offset.get() + source(instructions);
  }

  private long source(long instructions) {
    if (counting) {
      return instructions / INSTRUCTIONS_PER_TICK;
    }
    return running ? Math.floorDiv(nanoTime.getAsLong(), NANOS_PER_TICK) : 0;
  }

  /** The guest sets the time. */
  void set(long ticks, long instructions) {
    offset.set(ticks - source(instructions));
  }

  /** Lets a counting clock reach {@code ticks}, unless it already has. */
  void skipTo(long ticks, long instructions) {
    long wanted = ticks - source(instructions);
    var _ = offset.accumulateAndGet(wanted, Math::max);
  }

  /** The number of instructions of hart 0 at which a counting clock reaches {@code ticks}. */
  public long instructionsAt(long ticks) {
    long left = Math.max(ticks - offset.get(), 0);
    return left > Long.MAX_VALUE / INSTRUCTIONS_PER_TICK
        ? Long.MAX_VALUE
        : left * INSTRUCTIONS_PER_TICK;
  }

  /** The machine starts to run. Idempotent. */
  public void start() {
    if (!running && !counting) {
      var _ = offset.addAndGet(-Math.floorDiv(nanoTime.getAsLong(), NANOS_PER_TICK));
    }
    running = true;
  }

  /** The machine no longer runs. Idempotent. */
  public void stop() {
    if (running && !counting) {
      var _ = offset.addAndGet(Math.floorDiv(nanoTime.getAsLong(), NANOS_PER_TICK));
    }
    running = false;
  }

  /** The time of a stopped clock, less what a counting one derives from the count. */
  long offset() {
    return offset.get();
  }

  /** Continues from another clock's {@link #offset}. */
  void restore(long savedOffset) {
    offset.set(savedOffset);
  }
}
