package io.pageferry.cli.watch;

import io.pageferry.cli.client.AdminClient;
import io.pageferry.cli.client.FerryException;
import io.pageferry.cli.view.Units;
import io.pageferry.proto.v1.Status;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks one daemon for its status again and again, on a thread of its own, so that a daemon that
 * hangs holds nobody up. Any thread may look; close once.
 */
final class StatusFeed implements AutoCloseable {
  /** Intervals without an answer after which a daemon counts as silent, and the least that is. */
  private static final int PATIENCE_INTERVALS = 3;

  private static final Duration LEAST_PATIENCE = Duration.ofMillis(1500);

  private record Answer(@Nullable Status status, long nanos, String failure) {}

  private final AdminClient client;
  private final Duration interval;
  private final CountDownLatch first = new CountDownLatch(1);
  private final Thread thread;
  private volatile Answer latest = new Answer(null, 0, "");

  /** Begins to ask. */
  StatusFeed(AdminClient client, Duration interval) {
    this.client = client;
    this.interval = interval;
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
      Status status = client.status();
      return new Answer(status, System.nanoTime(), "");
    } catch (FerryException e) {
      client.reconnect();
      return new Answer(latest.status(), latest.nanos(), e.sentence());
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
    String failure = answer.failure();
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
