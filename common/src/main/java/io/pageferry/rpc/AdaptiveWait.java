package io.pageferry.rpc;

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

  /** A look takes about a microsecond; between two of them this far apart another thread ran. */
  static final long LOST_CORE_NANOS = 40_000;

  private static final long MIN_POLL_NANOS = 100_000;
  private static final long MIN_BACK_OFF_NANOS = 1_000_000;
  private static final long MAX_BACK_OFF_NANOS = 100_000_000;
  private static final int HISTORY = 8;

  private long usualNanos = MAX_POLL_NANOS / 2;
  private long backOffNanos = MIN_BACK_OFF_NANOS;
  private long resumeNanos = Long.MIN_VALUE;

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
   * the very one that would send what is polled for.
   *
   * @param before the time before the look
   * @return the time now
   */
  @SuppressWarnings("ThreadPriorityCheck")
  public long foundNothing(long before) {
    Thread.yield();
    long now = System.nanoTime();
    if (now - before > LOST_CORE_NANOS) {
      resumeNanos = now + backOffNanos;
      backOffNanos = Math.min(2 * backOffNanos, MAX_BACK_OFF_NANOS);
    }
    return now;
  }

  /** Polling has found what it waited for, without losing the core. */
  public void found() {
    backOffNanos = Math.max(backOffNanos / 2, MIN_BACK_OFF_NANOS);
  }
}
