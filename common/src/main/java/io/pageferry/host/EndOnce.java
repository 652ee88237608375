package io.pageferry.host;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** An end that comes once: whoever comes second waits for the first, for a while. Any thread. */
public final class EndOnce {
  private static final long PATIENCE_SECONDS = 10;

  private final AtomicBoolean begun = new AtomicBoolean();
  private final CountDownLatch done = new CountDownLatch(1);

  /** Whether somebody is at it, or it is over. */
  public boolean hasBegun() {
    return begun.get();
  }

  /** Does what ends, or waits until whoever does so is ready. */
  public void run(Runnable end) {
    if (begun.compareAndSet(false, true)) {
      try {
        end.run();
      } finally {
        done.countDown();
      }
    } else {
      await();
    }
  }

  private void await() {
    try {
      var _ = done.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
