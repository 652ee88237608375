package io.pageferry.daemon.process;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.telemetry.StrayLines;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A daemon's life as a process: start, say where it listens, wait for the signal to end, finish
 * what runs, say what is lost, close.
 */
public final class DaemonProcess {
  private static final Logger LOG = LoggerFactory.getLogger(DaemonProcess.class);

  /** What a daemon that has used up its grace may need to notice that. */
  private static final Duration MARGIN = Duration.ofSeconds(1);

  /** How long closing may take once nothing is waited for any more. */
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  private DaemonProcess() {}

  /** How long a daemon may take to finish a migration, at most. */
  public static final Duration LONGEST_GRACE = Duration.ofHours(1);

  /**
   * Makes a daemon and runs it until SIGTERM, SIGINT or SIGHUP. It then has {@code grace} to
   * finish; a second signal ends that. Whatever hangs in the daemon, the process ends, some seconds
   * after the grace.
   *
   * @return 128 and the signal's number, {@link ExitCode#GUEST_LOST}, or {@link
   *     ExitCode#ENVIRONMENT} where the limit on open files is too low for a daemon
   */
  public static int run(String name, Supplier<? extends Daemon> maker, Duration grace)
      throws InterruptedException {
    if (grace.isNegative() || grace.compareTo(LONGEST_GRACE) > 0) {
      throw new IllegalArgumentException("--shutdown-grace must be 0s to 1h.");
    }
    StrayLines.catchAll();
    Optional<String> shortage = OpenFiles.shortage();
    if (shortage.isPresent()) {
      LOG.error(shortage.get());
      return ExitCode.ENVIRONMENT.number();
    }
    Daemon daemon = maker.get();
    daemon.start();
    // Before anyone is told that it listens: whoever waits for that may send a signal at once.
    Thread main = Thread.currentThread();
    AtomicInteger first = new AtomicInteger();
    CountDownLatch told = new CountDownLatch(1);
    EndSignals.handle(number -> {
      if (first.compareAndSet(0, number)) {
        told.countDown();
      } else {
        main.interrupt();
      }
    });
    LOG.info(
        "daemon={} state=listening address={} metrics={}",
        name,
        daemon.address(),
        daemon.metricsAddress());
    told.await();
    try {
      return end(name, daemon, grace, first.get());
    } catch (RuntimeException | Error e) {
      LOG.error("daemon={} ends, and something failed as it did.", name, e);
      return ExitCode.INTERNAL.number();
    }
  }

  private static int end(String name, Daemon daemon, Duration grace, int signal) {
    LOG.info("daemon={} state=stopping grace={}s", name, grace.toSeconds());
    boolean atOnce = !endsWithin(grace.plus(MARGIN), "finish", () -> finish(daemon, grace));
    if (atOnce) {
      LOG.warn("daemon={} ends at once: it was told so a second time, or its grace is over.", name);
    }
    Optional<String> loss = daemon.loss();
    loss.ifPresent(LOG::error);
    if (!atOnce && !endsWithin(CLOSE_PATIENCE, "close", daemon::close)) {
      LOG.warn("daemon={} ends before everything is closed.", name);
    }
    LOG.info("daemon={} state=stopped", name);
    return loss.isPresent() ? ExitCode.GUEST_LOST.number() : 128 + signal;
  }

  private static void finish(Daemon daemon, Duration grace) {
    try {
      daemon.finish(grace);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Does work on a thread of its own, so that the process ends whatever hangs in it.
   *
   * @return false if it takes longer than {@code limit}, or this thread is interrupted
   */
  private static boolean endsWithin(Duration limit, String thread, Runnable work) {
    try {
      return Thread.ofPlatform().daemon().name(thread).start(work).join(limit);
    } catch (InterruptedException _) {
      return false;
    } catch (OutOfMemoryError e) {
      LOG.warn("The host allows no thread to {} with, so that it is not limited in time.", thread);
      try {
        work.run();
      } catch (RuntimeException | Error failure) {
        LOG.error("Something failed while the daemon was to {}.", thread, failure);
      }
      return true;
    }
  }

  /** Exit code of a daemon that could not start. */
  public static int exitCode(Throwable error) {
    ExitCode code =
        error instanceof PageFerryException known ? ExitCode.of(known.code()) : ExitCode.INTERNAL;
    return code.number();
  }
}
