package io.pageferry.cli.watch;

import io.pageferry.client.AdminClient;
import io.pageferry.client.FerryException;
import io.pageferry.client.GuestChoice;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.Status;
import java.time.Duration;
import java.util.function.Supplier;

/** What one daemon says of one guest. Any thread may look; close once. */
final class StatusFeed implements AutoCloseable {
  private final AdminClient client;
  private final Supplier<String> otherwise;
  private final Feed<Status> feed;

  /**
   * Begins to ask.
   *
   * @param otherwise id of the guest that is meant if the daemon has several and none is named;
   *     empty for none
   */
  StatusFeed(AdminClient client, Duration interval, Supplier<String> otherwise) {
    this.client = client;
    this.otherwise = otherwise;
    this.feed = new Feed<>(client, interval, this::ask);
  }

  private Status ask() {
    try {
      return client.status();
    } catch (FerryException e) {
      String id = e.exitCode() == ExitCode.USAGE ? meant() : "";
      if (id.isEmpty()) {
        throw e;
      }
      return client.of(id).status();
    }
  }

  /** The guest that was watched before there were others, or the other daemon's. */
  private String meant() {
    String before = guestId();
    return before.isEmpty() ? otherwise.get() : before;
  }

  /** Id of the guest that the daemon spoke of last; empty if there was none. */
  String guestId() {
    Status status = feed.answer();
    return status == null ? "" : GuestChoice.id(status);
  }

  /** Whether the daemon has several guests, of which none is named, and none was watched before. */
  boolean isAmbiguous() {
    FerryException failure = feed.failure();
    return failure != null && failure.exitCode() == ExitCode.USAGE;
  }

  /** Waits until the daemon has answered or failed once, but not for long. */
  void awaitFirst() throws InterruptedException {
    feed.awaitFirst();
  }

  /** What is known of the daemon. */
  Seen look(long nowNanos) {
    Feed.Look<Status> look = feed.look(nowNanos);
    return new Seen(client.address(), look.answer(), look.ageNanos(), look.silence());
  }

  @Override
  public void close() {
    feed.close();
  }
}
