package io.pageferry.cli.watch;

import io.pageferry.cli.client.AdminClient;
import io.pageferry.cli.client.FerryException;
import io.pageferry.cli.client.GuestChoice;
import io.pageferry.cli.view.Units;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.Status;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks one daemon for its status again and again, on a thread of its own, so that a daemon that
 * hangs holds nobody up. Any thread may look; close once.
 */
final class StatusFeed implements AutoCloseable {
  /** Intervals without an answer after which a daemon counts as silent, and the least that is. */
  private static final int PATIENCE_INTERVALS = 3;

  private static final Duration LEAST_PATIENCE = Duration.ofMillis(1500);

  private record Answer(@Nullable Status status, long nanos, @Nullable FerryException failure) {}

  private final AdminClient client;
  private final Duration interval;
  private final Supplier<String> otherwise;
  private final CountDownLatch first = new CountDownLatch(1);
  private final Thread thread;
  private volatile Answer latest = new Answer(null, 0, null);

  /**
   * Begins to ask.
   *
   * @param otherwise id of the guest that is meant if the daemon has several and none is named;
   *     empty for none
   */
  StatusFeed(AdminClient client, Duration interval, Supplier<String> otherwise) {
    this.client = client;
    this.interval = interval;
    this.otherwise = otherwise;
    thread = Thread.ofVirtual().name("status-feed").start(this::run);
  }

  private void run() {
    try {
      while (true) {
        latest = ask();
        first.countDown();
        Thread.sleep(interval);
      }
    } catch (InterruptedException _) {
      // Closed.
    }
  }

  private Answer ask() {
    try {
      return new Answer(status(), System.nanoTime(), null);
    } catch (FerryException e) {
      client.reconnect();
      return new Answer(latest.status(), latest.nanos(), e);
    }
  }

  private Status status() {
    try {
      return client.status();
    } catch (FerryException e) {
      String id = e.exitCode() == ExitCode.USAGE ? otherwise.get() : "";
      if (id.isEmpty()) {
        throw e;
      }
      return client.of(id).status();
    }
  }

  /** Id of the guest that the daemon spoke of last; empty if there was none. */
  String guestId() {
    Status status = latest.status();
    return status == null ? "" : GuestChoice.id(status);
  }

  /**
   * Nothing if it is clear which guest is meant.
   *
   * @throws FerryException USAGE if the daemon has several, and none is named
   */
  void requireOneGuest() {
    FerryException failure = latest.failure();
    if (failure != null && failure.exitCode() == ExitCode.USAGE) {
      throw failure;
    }
  }

  /** Waits until the daemon has answered or failed once, but not for long. */
  void awaitFirst() throws InterruptedException {
    var _ = first.await(LEAST_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What is known of the daemon. */
  Seen look(long nowNanos) {
    Answer answer = latest;
    long age = answer.status() == null ? 0 : Math.max(0, nowNanos - answer.nanos());
    Duration patience = interval.multipliedBy(PATIENCE_INTERVALS);
    boolean hangs =
        answer.status() == null || age > Math.max(patience.toNanos(), LEAST_PATIENCE.toNanos());
    String failure = answer.failure() == null ? "" : answer.failure().sentence();
    if (failure.isEmpty() && hangs) {
      failure =
          answer.status() == null
              ? "No answer yet from " + client.description() + "."
              : "No answer from " + client.description() + " for " + Units.duration(age) + ".";
    }
    return new Seen(client.address(), answer.status(), age, failure);
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
