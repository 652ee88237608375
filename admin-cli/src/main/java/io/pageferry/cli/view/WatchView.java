package io.pageferry.cli.view;

import io.pageferry.cli.StatusPair;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.PhaseEntry;
import io.pageferry.proto.v1.VcpuStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The live view: one migration, merged from what both daemons say. Stateless. */
public final class WatchView {
  private static final int LABEL = 10;
  private static final int VCPU_COLUMN = 44;

  private final StatusPair statuses;
  private final int width;
  private final Palette palette;
  private final List<String> lines = new ArrayList<>();

  private WatchView(StatusPair statuses, int width, Palette palette) {
    this.statuses = statuses;
    this.width = width;
    this.palette = palette;
  }

  /** Lines of at most {@code width} columns. */
  public static List<String> render(StatusPair statuses, int width, Palette palette) {
    WatchView view = new WatchView(statuses, width, palette);
    view.head();
    view.statuses.pageView().ifPresent(view::migration);
    view.statuses.guest().ifPresent(view::vcpus);
    view.failures();
    return view.lines.stream().map(line -> Text.fit(line, width)).toList();
  }

  /** Lines on when each phase was entered, each of at most {@code width} columns. */
  public static List<String> timeline(List<PhaseEntry> timeline, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < timeline.size(); i++) {
      PhaseEntry entry = timeline.get(i);
      String step = Units.phase(entry.getPhase());
      if (i + 1 < timeline.size()) {
        step += " " + Units.duration(timeline.get(i + 1).getAtNanos() - entry.getAtNanos()) + " > ";
      }
      if (!line.isEmpty() && line.length() + step.stripTrailing().length() > width) {
        lines.add(line.toString().stripTrailing());
        line.setLength(0);
      }
      line.append(step);
    }
    lines.add(line.toString().stripTrailing());
    return lines;
  }

  private void head() {
    String guest =
        statuses
            .guest()
            .map(status ->
                "%s, %s, %d vCPU%s, %s"
                    .formatted(
                        status.getName(),
                        Units.bytes(status.getMemoryBytes()),
                        status.getVcpusCount(),
                        status.getVcpusCount() == 1 ? "" : "s",
                        Units.state(status.getState())))
            .orElse("no guest");
    lines.add(
        palette.bold(Text.pad("PageFerry", LABEL))
            + palette.accent(Units.phase(statuses.phase()))
            + "  "
            + guest);
  }

  private void migration(MigrationStatus migration) {
    MigrationStatus timed = statuses.sourceMigration().orElse(migration);
    List<String> steps = timeline(timed.getTimelineList(), width - LABEL);
    for (int i = 0; i < steps.size(); i++) {
      labelled(i == 0 ? "phases" : "", steps.get(i));
    }
    pages(migration.getPages());
    faults(migration);
    labelled("traffic", traffic(timed, migration));
    Optional<String> reason =
        Optional.of(timed.getReason()).filter(text -> !text.isEmpty()).or(this::destinationReason);
    reason.ifPresent(text -> labelled("reason", palette.notice(text)));
  }

  private Optional<String> destinationReason() {
    return statuses
        .destinationMigration()
        .map(MigrationStatus::getReason)
        .filter(text -> !text.isEmpty());
  }

  private void pages(PageCounts pages) {
    String share = Units.percent(pages.getPresent(), pages.getTotal());
    String figures =
        "  %s  %s of %s"
            .formatted(share, Units.count(pages.getPresent()), Units.count(pages.getTotal()));
    int bar = Math.max(10, width - LABEL - figures.length());
    labelled("pages", PageBar.draw(pages, bar, palette) + figures);
    labelled(
        "",
        "%s demand  %s drain  %s zero  %s duplicate"
            .formatted(
                palette.notice("#") + " " + Units.count(pages.getDemand()),
                palette.good("=") + " " + Units.count(pages.getDrain()),
                palette.dim(".") + " " + Units.count(pages.getZero()),
                Units.count(pages.getDuplicate())));
  }

  private void faults(MigrationStatus migration) {
    Distribution total = migration.getFaultLatency().getTotal();
    String latency =
        total.getCount() == 0
            ? ""
            : "  p50 %s  p90 %s  p99 %s  max %s"
                .formatted(
                    Units.duration(total.getP50()),
                    Units.duration(total.getP90()),
                    Units.duration(total.getP99()),
                    Units.duration(total.getMax()));
    labelled("faults", Units.count(migration.getFaults()) + latency);
  }

  private String traffic(MigrationStatus timed, MigrationStatus counted) {
    StringBuilder line = new StringBuilder(Units.rate(counted.getThroughputBytesPerSecond()));
    line.append("  ").append(Units.bytes(timed.getBytesInFlight())).append(" in flight");
    if (statuses.downtimeNanos() > 0) {
      line.append("  downtime ").append(Units.duration(statuses.downtimeNanos()));
    }
    line.append("  elapsed ").append(Units.duration(timed.getElapsedNanos()));
    long eta = counted.getEtaMillis();
    if (eta > 0) {
      line.append("  ETA ").append(Units.duration(eta * 1e6));
    }
    return line.toString();
  }

  private void vcpus(GuestStatus guest) {
    int columns = Math.max(1, (width - LABEL) / VCPU_COLUMN);
    List<VcpuStatus> vcpus = guest.getVcpusList();
    int rows = (vcpus.size() + columns - 1) / columns;
    for (int row = 0; row < rows; row++) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < columns; column++) {
        int index = column * rows + row;
        if (index < vcpus.size()) {
          line.append(Text.pad(vcpu(vcpus.get(index)), VCPU_COLUMN));
        }
      }
      labelled(row == 0 ? "vCPUs" : "", line.toString().stripTrailing());
    }
  }

  private static String vcpu(VcpuStatus vcpu) {
    return "%2d %s done %s faults %s blocked"
        .formatted(
            vcpu.getIndex(),
            Text.right(Units.magnitude(vcpu.getInstructions()), 6),
            Text.right(Units.count(vcpu.getFaults()), 7),
            vcpu.getBlocktimeNanos() == 0 ? "0 s" : Units.duration(vcpu.getBlocktimeNanos()));
  }

  private void failures() {
    if (!statuses.sourceFailure().isEmpty()) {
      lines.add(palette.notice(statuses.sourceFailure()));
    }
    if (!statuses.destinationFailure().isEmpty()) {
      lines.add(palette.notice(statuses.destinationFailure()));
    }
  }

  private void labelled(String label, String text) {
    lines.add(palette.dim(Text.pad(label, LABEL)) + text);
  }
}
