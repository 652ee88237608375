package io.pageferry.cli.view;

import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.VcpuStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Both daemons side by side, a line for each property. Stateless. */
public final class StatusView {
  private static final int LABEL = 14;

  private final int width;
  private final Palette palette;
  private final List<String> lines = new ArrayList<>();

  private StatusView(int width, Palette palette) {
    this.width = width;
    this.palette = palette;
  }

  /**
   * The table.
   *
   * @param sourceAddress where the source was asked
   * @param destinationAddress where the destination was asked
   * @param width columns that a line may take; what is longer goes on in the next
   */
  public static List<String> render(
      StatusPair statuses,
      String sourceAddress,
      String destinationAddress,
      int width,
      Palette palette) {
    StatusView view = new StatusView(width, palette);
    view.row("", "source", "destination");
    view.row("address", sourceAddress, destinationAddress);
    view.daemon(statuses);
    view.guest(statuses);
    if (statuses.sourceMigration().isPresent() || statuses.destinationMigration().isPresent()) {
      view.migration(statuses);
    }
    view.reasons(statuses);
    return view.lines;
  }

  private void daemon(StatusPair statuses) {
    both(statuses, "phase", status -> Units.phase(status.getPhase()));
  }

  private void guest(StatusPair statuses) {
    guests(statuses, "guest", GuestStatus::getName);
    guests(statuses, "state", StatusView::state);
    guests(statuses, "memory", guest -> Units.bytes(guest.getMemoryBytes()));
    guests(statuses, "resident", guest -> Units.bytes(guest.getResidentBytes()));
    guests(
        statuses,
        "bookkeeping",
        guest -> "%.2f bits/page".formatted(guest.getBookkeepingBitsPerPage()));
    guests(statuses, "vCPUs", guest -> Integer.toString(guest.getVcpusCount()));
    guests(
        statuses,
        "instructions",
        guest ->
            Units.magnitude(
                guest.getVcpusList().stream().mapToLong(VcpuStatus::getInstructions).sum()));
    if (hasLostPages(statuses.source()) || hasLostPages(statuses.destination())) {
      guests(statuses, "lost pages", guest -> Units.count(guest.getPoisonedPages()));
    }
    guests(statuses, "epoch", guest -> Long.toString(guest.getEpoch()));
  }

  private static boolean hasLostPages(@Nullable Status status) {
    return status != null && status.getGuest().getPoisonedPages() > 0;
  }

  private static String state(GuestStatus guest) {
    String state = Units.state(guest.getState());
    return switch (guest.getState()) {
      case GUEST_STATE_SHUTDOWN ->
          guest.getFailure().isEmpty()
              ? state + " (exit code " + guest.getExitCode() + ")"
              : "failed";
      default -> state;
    };
  }

  private void migration(StatusPair statuses) {
    lines.add("");
    migrations(statuses, "migration", migration -> migration.getMigration().getMigrationId());
    migrations(statuses, "peer", MigrationStatus::getPeer);
    migrations(
        statuses,
        "present",
        migration ->
            Units.percent(migration.getPages().getPresent(), migration.getPages().getTotal()));
    row(
        "pages",
        statuses.sourceMigration().map(StatusView::sourcePages).orElse("-"),
        statuses.destinationMigration().map(StatusView::destinationPages).orElse("-"));
    migrations(statuses, "demand bytes", migration -> Units.bytes(migration.getDemandBytes()));
    migrations(statuses, "drain bytes", migration -> Units.bytes(migration.getDrainBytes()));
    migrations(statuses, "faults", migration -> Units.count(migration.getFaults()));
    statuses
        .destinationMigration()
        .map(migration -> migration.getFaultLatency().getAsynchronous())
        .filter(waits -> waits.getCount() > 0)
        .ifPresent(waits -> row("by devices", "-", Units.count(waits.getCount())));
    migrations(
        statuses, "throughput", migration -> Units.rate(migration.getThroughputBytesPerSecond()));
    row(
        "stops access",
        "-",
        statuses.destinationMigration().map(MigrationStatus::getFaultMechanism).orElse("-"));
    row("downtime", known(statuses.downtimeNanos()), "-");
    migrations(statuses, "elapsed", migration -> known(migration.getElapsedNanos()));
    migrations(statuses, "image digest", migration -> shortened(migration.getImageDigest()));
  }

  private static String sourcePages(MigrationStatus migration) {
    return Units.count(migration.getPages().getSent())
        + " sent, "
        + Units.count(migration.getPages().getReleased())
        + " released";
  }

  private static String destinationPages(MigrationStatus migration) {
    return Units.count(migration.getPages().getDemand())
        + " demand, "
        + Units.count(migration.getPages().getDrain())
        + " drain, "
        + Units.count(migration.getPages().getZero())
        + " zero";
  }

  private static String known(long nanos) {
    return nanos == 0 ? "-" : Units.duration(nanos);
  }

  private static String shortened(String digest) {
    return digest.isEmpty() ? "-" : digest.substring(0, Math.min(16, digest.length()));
  }

  private void reasons(StatusPair statuses) {
    List<String> reasons = new ArrayList<>();
    addFailure(reasons, "source", statuses.source());
    addFailure(reasons, "destination", statuses.destination());
    statuses
        .sourceMigration()
        .filter(migration -> !migration.getReason().isEmpty())
        .ifPresent(migration -> reasons.add("source: " + migration.getReason()));
    statuses
        .destinationMigration()
        .filter(migration -> !migration.getReason().isEmpty())
        .ifPresent(migration -> reasons.add("destination: " + migration.getReason()));
    if (!statuses.sourceFailure().isEmpty()) {
      reasons.add(statuses.sourceFailure());
    }
    if (!statuses.destinationFailure().isEmpty()) {
      reasons.add(statuses.destinationFailure());
    }
    if (!reasons.isEmpty()) {
      lines.add("");
      for (String reason : reasons) {
        Text.wrap(reason, width).forEach(line -> lines.add(palette.notice(line)));
      }
    }
  }

  private static void addFailure(List<String> reasons, String side, @Nullable Status status) {
    String failure = status == null ? "" : status.getGuest().getFailure();
    if (!failure.isEmpty()) {
      reasons.add(side + ": " + failure);
    }
  }

  private void both(StatusPair statuses, String label, Function<Status, String> value) {
    row(label, cell(statuses.source(), value), cell(statuses.destination(), value));
  }

  private void guests(StatusPair statuses, String label, Function<GuestStatus, String> value) {
    both(statuses, label, status -> status.hasGuest() ? value.apply(status.getGuest()) : "-");
  }

  private void migrations(
      StatusPair statuses, String label, Function<MigrationStatus, String> value) {
    both(
        statuses,
        label,
        status -> status.hasMigration() ? value.apply(status.getMigration()) : "-");
  }

  private static String cell(@Nullable Status status, Function<Status, String> value) {
    String text = status == null ? "-" : value.apply(status);
    return text.isEmpty() ? "-" : text;
  }

  private void row(String label, String source, String destination) {
    int column = Math.max(8, Math.min(44, (width - LABEL) / 2));
    List<String> left = Text.wrap(source, column - 1);
    List<String> right = Text.wrap(destination, column);
    for (int i = 0; i < Math.max(left.size(), right.size()); i++) {
      lines.add(
          (palette.dim(Text.pad(i == 0 ? label : "", LABEL))
                  + Text.pad(i < left.size() ? left.get(i) : "", column - 1)
                  // A word that is longer than its column still ends before the next one.
                  + " "
                  + (i < right.size() ? right.get(i) : ""))
              .stripTrailing());
    }
  }
}
