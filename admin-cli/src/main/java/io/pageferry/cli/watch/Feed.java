package io.pageferry.cli.watch;

import io.pageferry.cli.view.Units;
import io.pageferry.client.AdminClient;
import io.pageferry.client.FerryException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks one daemon the same again and again, on a thread of its own, so that a daemon that hangs
 * holds nobody up. Any thread may look; close once.
 *
 * @param <T> what it answers
 */
final class Feed<T> implements AutoCloseable {
  /** Intervals without an answer after which a daemon counts as silent, and the least that is. */
  private static final int PATIENCE_INTERVALS = 3;

  private static final Duration LEAST_PATIENCE = Duration.ofMillis(1500);

  /**
   * What is known of the daemon.
   *
   * @param answer its last; null if it never answered
   * @param nanos when it came
   * @param failure what came of asking once more; null if that was answered
   */
  private record Known<T>(@Nullable T answer, long nanos, @Nullable FerryException failure) {}

  /** A defect of this program, which ends what is watched. */
  private volatile @Nullable Throwable defect;

  private final AdminClient client;
  private final Duration interval;
  private final Supplier<T> question;
  private final CountDownLatch first = new CountDownLatch(1);
  private final Thread thread;
  private volatile Known<T> known = new Known<>(null, 0, null);

  /**
   * Begins to ask.
   *
   * @param question asks the client's daemon once
   */
  Feed(AdminClient client, Duration interval, Supplier<T> question) {
    this.client = client;
    this.interval = interval;
    this.question = question;
    thread = Thread.ofVirtual().name("feed").start(this::run);
  }

  private void run() {
    try {
      while (true) {
        known = ask();
        first.countDown();
        Thread.sleep(interval);
      }
    } catch (InterruptedException _) {
      // Closed.
    } catch (RuntimeException | Error e) {
      defect = e;
      first.countDown();
    }
  }

  private Known<T> ask() {
    try {
      return new Known<>(question.get(), System.nanoTime(), null);
    } catch (FerryException e) {
      client.reconnect();
      return new Known<>(known.answer(), known.nanos(), e);
    }
  }

  /** The daemon that is asked. */
  AdminClient client() {
    return client;
  }

  /** The last answer; null before the first. */
  @Nullable T answer() {
    return known.answer();
  }

  /** What came of asking last, if it was no answer. */
  @Nullable FerryException failure() {
    return known.failure();
  }

  /** Waits until the daemon has answered or failed once, but not for long. */
  void awaitFirst() throws InterruptedException {
    var _ = first.await(LEAST_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * The last answer, with its age, and with why there is none now.
   *
   * @param answer null if there never was one
   * @param ageNanos how long ago it came
   * @param silence why the daemon does not answer now, in a sentence; empty if it does
   */
  record Look<T>(@Nullable T answer, long ageNanos, String silence) {}

  /**
   * What is known at a moment.
   *
   * @throws IllegalStateException if it is not asked any more, because asking has a defect
   */
  Look<T> look(long nowNanos) {
    Throwable broken = defect;
    if (broken != null) {
      throw new IllegalStateException("Asking " + client.description() + " failed.", broken);
    }
    Known<T> now = known;
    if (now.answer() == null) {
      return new Look<>(
          null,
          0,
          now.failure() == null
              ? "No answer yet from " + client.description() + "."
              : now.failure().sentence());
    }
    long age = Math.max(0, nowNanos - now.nanos());
    if (now.failure() != null) {
      return new Look<>(now.answer(), age, now.failure().sentence());
    }
    Duration patience = interval.multipliedBy(PATIENCE_INTERVALS);
    boolean hangs = age > Math.max(patience.toNanos(), LEAST_PATIENCE.toNanos());
    return new Look<>(
        now.answer(),
        age,
        hangs
            ? "No answer from " + client.description() + " for " + Units.duration(age) + "."
            : "");
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
