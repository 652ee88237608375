package io.pageferry.migration;

/**
 * A daemon's right to run its guest. INVARIANT (rule 3): of all daemons that know a guest, at most
 * one holds the right, the one with the newest epoch.
 *
 * <p>The source gives the right up <em>before</em> it tells the destination to run, and takes it
 * back, under a newer epoch, only when the destination has said that it did not and will not. Any
 * thread; the caller checks and runs under this object's monitor through {@link #whileHeld}.
 */
public final class ExecutionFence {
  private long epoch;
  private boolean held;

  private ExecutionFence(long epoch, boolean held) {
    this.epoch = epoch;
    this.held = held;
  }

  /** The right to run a guest that was loaded here. */
  public static ExecutionFence held(long epoch) {
    return new ExecutionFence(epoch, true);
  }

  /** No right yet: the guest is to come, under this epoch. */
  public static ExecutionFence expecting(long epoch) {
    return new ExecutionFence(epoch, false);
  }

  /** Newest epoch known here. */
  public synchronized long epoch() {
    return epoch;
  }

  /** Whether this daemon may run the guest. */
  public synchronized boolean isHeld() {
    return held;
  }

  /**
   * Runs {@code action} while the right is held and cannot be given up.
   *
   * @throws PageFerryException FENCED if it is not held
   */
  public synchronized void whileHeld(Runnable action) {
    if (!held) {
      throw new PageFerryException(
          ErrorCode.FENCED,
          "The guest was handed over under epoch "
              + epoch
              + " and never runs here again; ask the daemon that holds it now.");
    }
    action.run();
  }

  /** Gives the right up to the holder of a newer epoch. */
  public synchronized void giveUp(long newerEpoch) {
    if (!held || newerEpoch <= epoch) {
      throw new IllegalStateException(
          "The right to run cannot pass from epoch " + epoch + " to " + newerEpoch + ".");
    }
    held = false;
    epoch = newerEpoch;
  }

  /** Takes the right: the previous holder has given it up under exactly this epoch. */
  public synchronized void take(long expectedEpoch) {
    if (held || expectedEpoch != epoch) {
      throw new IllegalStateException(
          "The right to run under epoch "
              + expectedEpoch
              + " cannot be taken at epoch "
              + epoch
              + ".");
    }
    held = true;
  }

  /** Takes the right back after an explicit refusal by the destination. */
  public synchronized void reclaim() {
    if (held) {
      throw new IllegalStateException("The right to run is held already.");
    }
    epoch++;
    held = true;
  }
}
