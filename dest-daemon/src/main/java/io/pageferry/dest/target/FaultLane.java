package io.pageferry.dest.target;

import io.pageferry.dest.prefetch.Prefetch;

/** The way to the source of faults that one thread takes. */
public interface FaultLane {
  /**
   * Asks for a page, and for those that are to follow it. By the thread that drives the lane's
   * event loop, which installs what comes.
   */
  void fetch(int slotId, long page, Prefetch prefetch);

  /** Whether the lane has ended, so that nothing comes on it any more. Any thread. */
  boolean isLost();
}
