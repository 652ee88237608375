package io.pageferry.rpc.loop;

/**
 * Decides how long a thread that expects a message polls for it before it blocks. Waking a blocked
 * thread costs tens of microseconds, so polling pays while messages come sooner than a few wake-ups
 * take, and while no other thread needs the core.
 *
 * <p>It learns both by itself: the usual wait from those that have ended, and that the core is
 * needed from the time which a polling thread loses between two looks. Owned by one thread at a
 * time.
 */
public final class AdaptiveWait {
  /** Longest time that polling can pay for: some wake-ups. */
  static final long MAX_POLL_NANOS = 200_000;

  /**
   * Two looks this far apart had a thread between them that uses its core up. A look takes about a
   * microsecond, and a thread that only has something small to do is back sooner: to block because
   * of that one would make each of the next messages wait for a wake-up.
   */
  static final long LOST_CORE_NANOS = 700_000;

  private static final long MIN_POLL_NANOS = 100_000;
  private static final long FORGET_NANOS = 100_000_000;
  private static final int MAX_BACK_OFF = 32;
  private static final long MAX_BACK_OFF_NANOS = 100_000_000;
  private static final int HISTORY = 8;

  private long usualNanos = MAX_POLL_NANOS / 2;

  /** Long ago, and not so long that a difference overflows. */
  private long resumeNanos = Long.MIN_VALUE / 2;

  private int backOff = 1;

  /** How long to poll, from {@code now} on; 0 says to block at once. */
  public long pollNanos(long now) {
    if (usualNanos > MAX_POLL_NANOS || now < resumeNanos) {
      return 0;
    }
    return Math.clamp(2 * usualNanos, MIN_POLL_NANOS, MAX_POLL_NANOS);
  }

  /** A wait has ended after {@code nanos}, polling or blocked. */
  public void waited(long nanos) {
    usualNanos += (Math.min(nanos, 4 * MAX_POLL_NANOS) - usualNanos) / HISTORY;
  }

  /**
   * A look while polling has found nothing. Lets a thread that waits for this core run: it may be
   * the very one that would send what is polled for. Once the core was lost, blocks for as long as
   * it was gone, and twice as long each time that happens again soon after; for 0.1 s at most.
   *
   * @param before the time before the look
   * @return the time now
   */
  @SuppressWarnings("ThreadPriorityCheck")
  public long foundNothing(long before) {
    Thread.yield();
    long now = System.nanoTime();
    lookedInVain(before, now);
    return now;
  }

  /** Takes note of two looks and what lay between them. */
  void lookedInVain(long before, long now) {
    long lost = now - before;
    if (lost > LOST_CORE_NANOS) {
      boolean again = now - resumeNanos < FORGET_NANOS;
      backOff = again ? Math.min(2 * backOff, MAX_BACK_OFF) : 1;
      resumeNanos = now + Math.min(backOff * lost, MAX_BACK_OFF_NANOS);
    }
  }
}
