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

  /**
   * Asks for one page, and for those that are to follow it, and waits for nothing. Any thread,
   * whoever needs the page.
   */
  void ask(int slotId, long page, Prefetch prefetch);

  /** Asks for one page, as {@link #ask(int, long, Prefetch)}, and for no others. */
  default void ask(int slotId, long page) {
    ask(slotId, page, Prefetch.NONE);
  }

  /**
   * The calling thread handles what comes, and runs {@code action} whenever a descriptor is
   * readable, until {@code over}, which it asks after each and after {@link #wake}; or until the
   * connection is closed.
   */
  void serve(int descriptor, Runnable action, BooleanSupplier over);

  /** Waits until {@code done}, or shorter. By the vCPU's thread. */
  void await(BooleanSupplier done);
}
