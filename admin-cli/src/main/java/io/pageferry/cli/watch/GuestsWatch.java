package io.pageferry.cli.watch;

import io.pageferry.cli.migrate.Migrations;
import io.pageferry.cli.output.Terminal;
import io.pageferry.cli.view.GuestLines;
import io.pageferry.client.AdminClient;
import io.pageferry.client.DaemonGuests;
import io.pageferry.client.Daemons;
import io.pageferry.client.GuestChoice;
import io.pageferry.client.StatusPair;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** All guests of both daemons, again and again. One thread. */
final class GuestsWatch implements AutoCloseable {
  private static final long LINES_INTERVAL_NANOS = 1_000_000_000;

  /** How long a source may be silent while guests of it have not arrived. */
  private static final long SILENCE_NANOS = 5_000_000_000L;

  private final Feed<ListGuestsResponse> source;
  private final Feed<ListGuestsResponse> destination;
  private final Map<String, Migrations.End> ends = new HashMap<>();
  private final Map<String, String> told = new HashMap<>();
  private long toldNanos;

  /** Ids of the guests that the source had when it answered last. */
  private final Set<String> atSource = new HashSet<>();

  private long silentSince;

  /** Begins to ask. */
  GuestsWatch(Daemons daemons, Duration interval) {
    source = new Feed<>(daemons.source(), interval, daemons.source()::guests);
    destination = new Feed<>(daemons.destination(), interval, daemons.destination()::guests);
  }

  /** Waits until both daemons have answered or failed once, but not for long. */
  void awaitFirst() throws InterruptedException {
    source.awaitFirst();
    destination.awaitFirst();
  }

  /** What is known now. */
  DaemonGuests look() {
    long now = System.nanoTime();
    return new DaemonGuests(answer(source, now), answer(destination, now));
  }

  private static DaemonGuests.Answer answer(Feed<ListGuestsResponse> feed, long nowNanos) {
    Feed.Look<ListGuestsResponse> look = feed.look(nowNanos);
    AdminClient client = feed.client();
    boolean answers = look.silence().isEmpty();
    return new DaemonGuests.Answer(
        client.description(), answers ? look.answer() : null, look.silence());
  }

  /**
   * The worst end of all migrations, once there is one and none is under way. A source that falls
   * silent must have sent away, by then, every guest that it had.
   */
  Optional<ExitCode> outcome(DaemonGuests guests) {
    if (!guests.isAnswered()) {
      return Optional.of(ExitCode.UNREACHABLE);
    }
    long now = System.nanoTime();
    if (guests.source().guests() != null) {
      silentSince = 0;
      atSource.clear();
      guests.source().list().stream()
          .filter(GuestChoice::isLive)
          .map(GuestChoice::id)
          .forEach(atSource::add);
    } else if (!haveArrived(guests)) {
      silentSince = silentSince == 0 ? now : silentSince;
      return now - silentSince > SILENCE_NANOS
          ? Optional.of(ExitCode.UNREACHABLE)
          : Optional.empty();
    }
    return worst(guests, now);
  }

  /** Whether the destination has whatever was at the source. */
  private boolean haveArrived(DaemonGuests guests) {
    Set<String> arrived = new HashSet<>();
    for (Status status : guests.destination().list()) {
      if (status.getMigration().getPhase() == Phase.PHASE_COMPLETED) {
        arrived.add(GuestChoice.id(status));
      }
    }
    return arrived.containsAll(atSource);
  }

  private Optional<ExitCode> worst(DaemonGuests guests, long now) {
    List<ExitCode> outcomes = new ArrayList<>();
    for (StatusPair guest : guests.pairs()) {
      if (guest.pageView().isEmpty()) {
        continue;
      }
      Migrations.End end = ends.computeIfAbsent(GuestLines.id(guest), _ -> new Migrations.End());
      Optional<ExitCode> outcome = end.outcome(guest, now);
      if (outcome.isEmpty()) {
        return Optional.empty();
      }
      outcomes.add(outcome.get());
    }
    return outcomes.stream().max(Comparator.comparingInt(ExitCode::number));
  }

  /** For a file or a pipe: guests of which something is new, and each second those that move. */
  void print(DaemonGuests guests, PrintWriter out, Terminal terminal) {
    long now = System.nanoTime();
    boolean due = now - toldNanos >= LINES_INTERVAL_NANOS;
    List<StatusPair> shown = new ArrayList<>();
    for (StatusPair guest : guests.pairs()) {
      String news = GuestLines.state(guest) + guest.phase();
      boolean isNew = !news.equals(told.put(GuestLines.id(guest), news));
      if (isNew || (due && GuestLines.moves(guest))) {
        shown.add(guest);
      }
    }
    if (!shown.isEmpty()) {
      toldNanos = now;
      GuestLines.render(shown, terminal.liveColumns(), terminal.palette()).forEach(out::println);
      out.flush();
    }
  }

  @Override
  public void close() {
    source.close();
    destination.close();
  }
}
