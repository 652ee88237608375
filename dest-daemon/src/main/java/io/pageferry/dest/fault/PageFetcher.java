package io.pageferry.dest.fault;

import io.pageferry.dest.prefetch.Prefetch;
import java.util.function.BooleanSupplier;

/** A vCPU's way to the source: its demand lane. */
public interface PageFetcher extends Waker {
  /**
   * Asks for one page, and for those that are to follow it, unless it has come meanwhile; then
   * waits as {@link #await} does. By the vCPU's thread.
   *
   * @return when the request was written to the connection, or {@link
   *     io.pageferry.dest.timing.Fault#NOT_SENT}
   */
  long fetch(int slotId, long page, Prefetch prefetch, BooleanSupplier done);

  /** Whether the lane has ended, so that nothing comes on it any more. Any thread. */
  boolean isLost();

  /** Asks for one page on behalf of another vCPU, and waits for nothing. Any thread. */
  void ask(int slotId, long page);

  /** Waits until {@code done}, or shorter. By the vCPU's thread. */
  void await(BooleanSupplier done);
}
