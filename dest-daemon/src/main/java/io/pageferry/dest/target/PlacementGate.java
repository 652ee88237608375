package io.pageferry.dest.target;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps threads that put pages in place apart from the one that takes events. Once an event is
 * taken that a range was given back, the target goes on, and pages of that range have to stay zero:
 * bytes that a thread was just about to place there would come back from the dead.
 *
 * <p>Held for microseconds, without any call but one to the kernel. Threads wait for it by looking
 * again; nobody parks, since waking up takes longer than what they wait for. Not reentrant.
 */
final class PlacementGate {
  private static final int EXCLUSIVE = -1;

  /** How many place pages; or that events are taken. */
  private final AtomicInteger holders = new AtomicInteger();

  /** Before pages are placed. */
  void enter() {
    while (true) {
      int now = holders.getAcquire();
      if (now != EXCLUSIVE && holders.compareAndSet(now, now + 1)) {
        return;
      }
      pause();
    }
  }

  /** After pages were placed. */
  void exit() {
    holders.decrementAndGet();
  }

  /** Before events are taken: nobody places pages from now on. */
  void close() {
    while (!holders.compareAndSet(0, EXCLUSIVE)) {
      pause();
    }
  }

  /** After what events say is noted. */
  void open() {
    holders.setRelease(0);
  }

  @SuppressWarnings("ThreadPriorityCheck")
  private static void pause() {
    // Whoever holds it may have lost its core to this thread.
    Thread.yield();
  }
}
