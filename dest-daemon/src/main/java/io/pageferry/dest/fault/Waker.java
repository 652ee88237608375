package io.pageferry.dest.fault;

/** Knows how to make a thread that waits for a page go on. */
@FunctionalInterface
public interface Waker {
  /** Makes {@code waiter} ask its condition again. Any thread. */
  void wake(Thread waiter);
}
