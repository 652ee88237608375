package io.pageferry.daemon;

import io.pageferry.config.HostPort;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.migration.PageFerryException;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A daemon's life as a process: start, say where it listens, wait for the signal to end, close. */
public final class DaemonProcess {
  private static final Logger LOG = LoggerFactory.getLogger(DaemonProcess.class);

  private DaemonProcess() {}

  /** Runs a daemon until SIGTERM or SIGINT; returns the exit code. */
  public static int run(
      String name,
      Runnable start,
      Supplier<HostPort> address,
      Supplier<HostPort> metricsAddress,
      AutoCloseable daemon)
      throws InterruptedException {
    start.run();
    LOG.info(
        "daemon={} state=listening address={} metrics={}",
        name,
        address.get(),
        metricsAddress.get());
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    daemon.close();
                  } catch (Exception e) {
                    LOG.error("The daemon did not close cleanly.", e);
                  }
                  LOG.info("daemon={} state=stopped", name);
                  ended.countDown();
                },
                "shutdown"));
    ended.await();
    return 0;
  }

  /** Exit code of a daemon that could not start. */
  public static int exitCode(Throwable error) {
    ExitCode code =
        error instanceof PageFerryException known ? ExitCode.of(known.code()) : ExitCode.INTERNAL;
    return code.number();
  }
}
