package io.pageferry.cli;

import io.pageferry.proto.v1.Status;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The two daemons that a command talks to. Closed by the command that opened it. */
public record Daemons(AdminClient source, AdminClient destination) implements AutoCloseable {
  /** Both statuses; a daemon that does not answer has none, and a reason instead. */
  public StatusPair statuses() {
    // Both at once: a command that asks once mostly waits for connections.
    CompletableFuture<Answer> asked = CompletableFuture.supplyAsync(() -> ask(source));
    Answer second = ask(destination);
    Answer first = asked.join();
    return new StatusPair(first.status, second.status, first.failure, second.failure);
  }

  private static Answer ask(AdminClient client) {
    try {
      return new Answer(client.status(), "");
    } catch (FerryException e) {
      return new Answer(null, e.sentence());
    }
  }

  @Override
  public void close() {
    source.close();
    destination.close();
  }

  private record Answer(@Nullable Status status, String failure) {}
}
