package io.pageferry.migration;

/**
 * A daemon's right to run its guest. INVARIANT (rule 3): of all daemons that know a guest, at most
 * one holds the right, the one with the newest epoch.
 *
 * <p>The source gives the right up <em>before</em> it tells the destination to run, and takes it
 * back, under a newer epoch, only when the destination has said that it did not and will not. Any
 * thread; the caller checks and runs under this object's monitor through {@link #whileHeld}. {@link
 * #epoch} and {@link #isHeld} are volatile reads and never wait for it.
 */
public final class ExecutionFence {
  private enum Right {
    /** The guest may run here. */
    HELD,
    /** It belongs here and must stand still: its state is being handed over. */
    FROZEN,
    /** It does not run here. */
    NOT_HELD
  }

  private record Holding(long epoch, Right right) {}

  /** Replaced under this object's monitor, read without it. */
  private volatile Holding now;

  private ExecutionFence(long epoch, Right right) {
    now = new Holding(epoch, right);
  }

  /** The right to run a guest that was loaded here. */
  public static ExecutionFence held(long epoch) {
    return new ExecutionFence(epoch, Right.HELD);
  }

  /** No right yet: the guest is to come, under this epoch. */
  public static ExecutionFence expecting(long epoch) {
    return new ExecutionFence(epoch, Right.NOT_HELD);
  }

  /** Newest epoch known here. */
  public long epoch() {
    return now.epoch();
  }

  /** Whether the guest belongs to this daemon, running, paused or frozen. */
  public boolean isHeld() {
    return now.right() != Right.NOT_HELD;
  }

  /**
   * Runs {@code action} while the right is held and cannot be given up.
   *
   * @throws PageFerryException FENCED if it is not held, WRONG_GUEST_STATE while it is frozen
   */
  public synchronized void whileHeld(Runnable action) {
    switch (now.right()) {
      case HELD -> action.run();
      case FROZEN ->
          throw new PageFerryException(
              ErrorCode.WRONG_GUEST_STATE,
              "The guest is being handed over; wait until the migration has passed switchover.");
      case NOT_HELD ->
          throw new PageFerryException(
              ErrorCode.FENCED,
              "The guest was handed over under epoch "
                  + epoch()
                  + " and never runs here again; ask the daemon that holds it now.");
    }
  }

  /** Keeps the guest from being resumed while its state is handed over. */
  public synchronized void freeze() {
    move(Right.HELD, Right.FROZEN, epoch());
  }

  /** Gives the right of a frozen guest up to the holder of a newer epoch. */
  public synchronized void giveUp(long newerEpoch) {
    if (newerEpoch <= epoch()) {
      throw new IllegalStateException(
          "The right to run cannot pass from epoch " + epoch() + " to " + newerEpoch + ".");
    }
    move(Right.FROZEN, Right.NOT_HELD, newerEpoch);
  }

  /** Takes the right: the previous holder has given it up under exactly this epoch. */
  public synchronized void take(long expectedEpoch) {
    if (expectedEpoch != epoch()) {
      throw new IllegalStateException(
          "The right to run under epoch "
              + expectedEpoch
              + " cannot be taken at epoch "
              + epoch()
              + ".");
    }
    move(Right.NOT_HELD, Right.HELD, expectedEpoch);
  }

  /**
   * The handover was called off: before the right was given up, or by an explicit refusal of the
   * destination after it; then a newer epoch makes sure that the destination's is void. No effect
   * while the right is held.
   */
  public synchronized void comeBack() {
    Holding before = now;
    if (before.right() == Right.FROZEN) {
      move(Right.FROZEN, Right.HELD, before.epoch());
    } else if (before.right() == Right.NOT_HELD) {
      move(Right.NOT_HELD, Right.HELD, before.epoch() + 1);
    }
  }

  private void move(Right from, Right to, long newEpoch) {
    if (now.right() != from) {
      throw new IllegalStateException(
          "The right to run is " + now.right() + " and cannot become " + to + ".");
    }
    now = new Holding(newEpoch, to);
  }
}
