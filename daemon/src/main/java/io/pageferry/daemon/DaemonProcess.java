package io.pageferry.daemon;

import io.pageferry.config.HostPort;
import io.pageferry.config.cli.CommandRunner;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A daemon's life as a process: start, say where it listens, wait for the signal to end, close. */
public final class DaemonProcess {
  private static final Logger LOG = LoggerFactory.getLogger(DaemonProcess.class);

  /** Exit code when the environment lacks something: a free port, memory. */
  private static final int ENVIRONMENT = 3;

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

  /** Exit code of a daemon that could not start; {@code docs/operations.md} lists them. */
  public static int exitCode(Throwable error) {
    boolean environment =
        error instanceof PageFerryException known
            && (known.code() == ErrorCode.PORT_IN_USE
                || known.code() == ErrorCode.INSUFFICIENT_MEMORY);
    return environment ? ENVIRONMENT : CommandRunner.INTERNAL;
  }
}
