package io.pageferry.source.serve;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes drains that wait. One thread for all drains of a daemon, which is there from the beginning:
 * a drain that waited for a thread, too, might wait for ever. Any thread; its owner closes it.
 */
public final class DrainTimer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DrainTimer.class);

  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("drain-timer").factory());

  /** Starts its thread. */
  public DrainTimer() {
    var _ = thread.prestartCoreThread();
  }

  /**
   * Does something after a while.
   *
   * @param task throws nothing
   * @return false if it will not be done: the daemon ends, or there is no room for another task
   */
  public boolean after(long nanos, Runnable task) {
    try {
      var _ = thread.schedule(task, nanos, TimeUnit.NANOSECONDS);
      return true;
    } catch (OutOfMemoryError | RejectedExecutionException e) {
      LOG.debug("The drain does not wait.", e);
      return false;
    }
  }

  /** Forgets what was to be done, and ends the thread. */
  @Override
  public void close() {
    var _ = thread.shutdownNow();
  }
}
