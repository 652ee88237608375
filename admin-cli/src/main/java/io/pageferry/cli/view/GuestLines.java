package io.pageferry.cli.view;

import io.pageferry.client.DaemonGuests;
import io.pageferry.client.GuestChoice;
import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import io.pageferry.text.PlainText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Guests of two daemons, a line for each: what it does, and how its migration goes. Stateless. */
public final class GuestLines {
  private static final int LONGEST_NAME = 24;
  private static final int STATE = 13;
  private static final int PHASE = 16;

  private GuestLines() {}

  /**
   * Lines for a screen. Where there are more guests than rows, those that move come before others.
   */
  public static List<String> screen(DaemonGuests daemons, Size size, Palette palette) {
    List<String> lines = new ArrayList<>();
    lines.add(Text.fit(head(daemons.source(), palette), size.columns()));
    lines.add(Text.fit(head(daemons.destination(), palette), size.columns()));
    List<StatusPair> guests = daemons.pairs();
    int rows = size.rows() - lines.size();
    List<StatusPair> shown =
        guests.size() <= rows
            ? guests
            : Stream.concat(
                    guests.stream().filter(GuestLines::moves),
                    guests.stream().filter(guest -> !moves(guest)))
                .limit(Math.max(1, rows - 1))
                .toList();
    lines.addAll(render(shown, size.columns(), palette));
    if (shown.size() < guests.size()) {
      lines.add(palette.dim("and " + (guests.size() - shown.size()) + " more"));
    }
    return lines;
  }

  private static String head(DaemonGuests.Answer answer, Palette palette) {
    return answer.failure().isEmpty()
        ? "Guests at " + answer.daemon() + ": " + answer.live()
        : palette.notice(answer.failure());
  }

  /** A line for each guest, at most {@code columns} wide. */
  public static List<String> render(List<StatusPair> guests, int columns, Palette palette) {
    Map<String, Long> bearers =
        guests.stream().collect(Collectors.groupingBy(GuestLines::name, Collectors.counting()));
    List<String> names =
        guests.stream()
            .map(guest ->
                Objects.requireNonNull(bearers.get(name(guest))) == 1
                    ? name(guest)
                    : name(guest) + " " + id(guest).substring(0, Math.min(8, id(guest).length())))
            .toList();
    int widest = names.stream().mapToInt(Text::columns).max().orElse(0);
    int width = Math.min(LONGEST_NAME, widest);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < guests.size(); i++) {
      String name = Text.pad(Text.fit(names.get(i), width), width);
      lines.add(line(guests.get(i), name, columns, palette));
    }
    return lines;
  }

  private static String line(StatusPair guest, String name, int columns, Palette palette) {
    String head = name + "  " + Text.pad(state(guest), STATE);
    if (guest.pageView().isEmpty()) {
      return Text.fit(head.stripTrailing(), columns);
    }
    MigrationStatus migration = guest.sourceMigration().orElseGet(() -> guest.pageView().get());
    if (migration.getPhase() == Phase.PHASE_FAILED
        || migration.getPhase() == Phase.PHASE_CANCELLED) {
      // Of its pages there is nothing to say: it is where it was.
      return Text.fit(
          head
              + Text.pad(Units.phase(migration.getPhase()), PHASE)
              + PlainText.of(migration.getReason()),
          columns);
    }
    int left = Math.max(20, columns - Text.columns(head));
    return Text.fit(head + ProgressLine.render(guest, left, palette), columns);
  }

  /** What the guest does where it is. */
  public static String state(StatusPair guest) {
    return guest.guest().map(here -> Units.state(here.getState())).orElse("gone");
  }

  private static String name(StatusPair guest) {
    return said(guest, GuestChoice::name);
  }

  /** Its id. */
  public static String id(StatusPair guest) {
    return said(guest, GuestChoice::id);
  }

  private static String said(StatusPair guest, Function<Status, String> what) {
    return Stream.of(guest.source(), guest.destination())
        .filter(Objects::nonNull)
        .map(what)
        .filter(text -> !text.isEmpty())
        .findFirst()
        .orElse("-");
  }

  /** Whether a migration of it is under way. */
  public static boolean moves(StatusPair guest) {
    return guest
        .pageView()
        .filter(migration -> !GuestChoice.isOver(migration.getPhase()))
        .isPresent();
  }
}
