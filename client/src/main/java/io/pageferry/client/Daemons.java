package io.pageferry.client;

import java.util.concurrent.CompletableFuture;

/** The two daemons that a command talks to. Closed by the command that opened it. */
public record Daemons(AdminClient source, AdminClient destination) implements AutoCloseable {
  /** The same daemons, and there another guest, by name or id. */
  public Daemons of(String guest) {
    return new Daemons(source.of(guest), destination.of(guest));
  }

  /** Both statuses; a daemon that does not answer has none, and a reason instead. */
  public StatusPair statuses() {
    return guests().choose(source.guest());
  }

  /** All guests of both. */
  public DaemonGuests guests() {
    // Both at once: a command that asks once mostly waits for connections.
    CompletableFuture<DaemonGuests.Answer> asked = CompletableFuture.supplyAsync(() -> ask(source));
    DaemonGuests.Answer second = ask(destination);
    return new DaemonGuests(asked.join(), second);
  }

  private static DaemonGuests.Answer ask(AdminClient client) {
    try {
      return new DaemonGuests.Answer(client.description(), client.guests(), "");
    } catch (FerryException e) {
      return new DaemonGuests.Answer(client.description(), null, e.sentence());
    }
  }

  @Override
  public void close() {
    source.close();
    destination.close();
  }
}
