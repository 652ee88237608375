package io.pageferry.cli.view;

import io.pageferry.client.DaemonGuests;
import io.pageferry.client.GuestChoice;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import java.util.ArrayList;
import java.util.List;

/** Guests of a daemon, a line for each. Stateless. */
public final class GuestTable {
  private static final List<String> HEAD =
      List.of("guest", "state", "memory", "vCPUs", "migration", "present");
  private static final String GAP = "  ";

  private GuestTable() {}

  /** Both daemons, a line for each guest. */
  public static List<String> render(DaemonGuests guests, Palette palette) {
    List<String> lines = new ArrayList<>();
    for (DaemonGuests.Answer answer : List.of(guests.source(), guests.destination())) {
      if (!lines.isEmpty()) {
        lines.add("");
      }
      if (answer.guests() == null) {
        lines.add(palette.notice(answer.failure()));
      } else if (answer.list().isEmpty()) {
        lines.add("No guest at " + answer.daemon() + ".");
      } else {
        lines.add("Guests at " + answer.daemon() + ":");
        lines.addAll(render(answer.list(), palette));
      }
    }
    return lines;
  }

  /** The table, with a line of headings. */
  public static List<String> render(List<Status> guests, Palette palette) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEAD);
    guests.forEach(status -> rows.add(row(status)));
    int[] widths = new int[HEAD.size()];
    for (List<String> row : rows) {
      for (int column = 0; column < widths.length; column++) {
        widths[column] = Math.max(widths[column], Text.columns(row.get(column)));
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < widths.length; column++) {
        line.append(Text.pad(row.get(column), widths[column])).append(GAP);
      }
      String text = line.toString().stripTrailing();
      lines.add(lines.isEmpty() ? palette.dim(text) : text);
    }
    return lines;
  }

  private static List<String> row(Status status) {
    var guest = status.getGuest();
    boolean here = status.hasGuest();
    return List.of(
        GuestChoice.name(status),
        here ? Units.state(guest.getState()) : "gone",
        here ? Units.bytes(guest.getMemoryBytes()) : "-",
        here ? Integer.toString(guest.getVcpusCount()) : "-",
        status.hasMigration() ? migration(status.getMigration()) : "-",
        present(status));
  }

  /** Of a guest that did not leave there is nothing to say: it is all here. */
  private static String present(Status status) {
    MigrationStatus migration = status.getMigration();
    boolean never =
        migration.getPhase() == Phase.PHASE_FAILED || migration.getPhase() == Phase.PHASE_CANCELLED;
    return status.hasMigration() && !never
        ? Units.percent(migration.getPages().getPresent(), migration.getPages().getTotal())
        : "-";
  }

  private static String migration(MigrationStatus migration) {
    String way =
        switch (migration.getDirection()) {
          case DIRECTION_OUTGOING -> " to ";
          case DIRECTION_INCOMING -> " from ";
          case DIRECTION_UNSPECIFIED, UNRECOGNIZED -> " with ";
        };
    return Units.phase(migration.getPhase()) + way + migration.getPeer();
  }
}
