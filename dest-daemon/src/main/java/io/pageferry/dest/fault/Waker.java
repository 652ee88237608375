package io.pageferry.dest.fault;

/** A way to make a thread that waits for a page look again. */
@FunctionalInterface
public interface Waker {
  /** Makes {@code waiter} ask its condition again. Any thread. */
  void wake(Thread waiter);
}
