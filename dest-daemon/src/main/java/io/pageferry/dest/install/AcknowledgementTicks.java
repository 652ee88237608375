package io.pageferry.dest.install;

import io.pageferry.fault.GuestPages;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends pending acknowledgements every 50 ms, on the thread {@code acknowledge}, until {@link
 * #close}. Any thread.
 */
public final class AcknowledgementTicks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AcknowledgementTicks.class);
  private static final long TICK_MILLIS = 50;

  private final ScheduledExecutorService ticker =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("acknowledge").factory());

  /**
   * Begins. What a flush throws pauses the migration, and is tried again at the next tick.
   *
   * @throws PageFerryException INSUFFICIENT_THREADS if the host allows no thread, CANCELLED once
   *     closed
   */
  public void start(Acknowledgements acknowledgements, PhaseTracker tracker, GuestPages pages) {
    try {
      var _ =
          ticker.scheduleWithFixedDelay(
              () -> tick(acknowledgements, tracker, pages),
              TICK_MILLIS,
              TICK_MILLIS,
              TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      throw new PageFerryException(
          ErrorCode.CANCELLED, "The migration was ended while it was prepared.", e);
    } catch (OutOfMemoryError e) {
      throw new PageFerryException(
          ErrorCode.INSUFFICIENT_THREADS,
          "The host lets the destination daemon start no more threads; raise its limit (ulimit -u,"
              + " pids.max of its cgroup, TasksMax= of its unit).",
          e);
    }
  }

  private static void tick(
      Acknowledgements acknowledgements, PhaseTracker tracker, GuestPages pages) {
    try {
      acknowledgements.flush();
      if (tracker.phase() == Phase.POSTCOPY_PAUSED && pages.isComplete()) {
        // The last pages came on the lanes that were left: the guest is whole.
        tracker.tryEnter(Phase.COMPLETED, Optional.empty());
      }
    } catch (RuntimeException | Error e) {
      failed(tracker, e);
    }
  }

  /** It is tried again at the next tick, which an exception from here would take away. */
  private static void failed(PhaseTracker tracker, Throwable e) {
    try {
      tracker.tryEnterFrom(
          Phase.POSTCOPY_ACTIVE,
          Phase.POSTCOPY_PAUSED,
          new PhaseTracker.Reason(
              ErrorCode.INTERNAL,
              "The destination could not acknowledge pages: " + e + "; its log has the details."));
      LOG.error("Installed pages could not be acknowledged.", e);
    } catch (RuntimeException | Error again) {
      e.addSuppressed(again);
    }
  }

  /** Does something else on a thread of its own, or on this one where no other can be had. */
  public void executeElsewhere(Runnable work) {
    try {
      var _ = Thread.ofVirtual().name("abandon").start(work);
    } catch (OutOfMemoryError e) {
      ticker.execute(work);
    }
  }

  @Override
  public void close() {
    var _ = ticker.shutdownNow();
  }
}
