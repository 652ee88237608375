package io.pageferry.cli.view;

import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import java.util.Optional;

/** A migration's progress on one line. Stateless. */
public final class ProgressLine {
  private ProgressLine() {}

  /**
   * Phase, bar, pages present, faults, throughput and ETA in at most {@code width} columns. Faults
   * and the origin of pages are the destination's to tell: while it is silent, the line says so.
   */
  public static String render(StatusPair statuses, int width, Palette palette) {
    Optional<MigrationStatus> view = statuses.pageView();
    if (view.isEmpty()) {
      return Text.fit(Units.phase(statuses.phase()), width);
    }
    MigrationStatus migration = view.get();
    Phase phase = phase(statuses, migration);
    StringBuilder figures = new StringBuilder();
    figures.append(
        Text.right(
            Units.percent(migration.getPages().getPresent(), migration.getPages().getTotal()), 7));
    boolean silent = statuses.destination() == null;
    figures
        .append("  ")
        .append(silent ? "destination silent" : Units.count(migration.getFaults()) + " faults");
    if (statuses.source() == null) {
      figures.append("  source silent");
    }
    Distribution recent = migration.getFaultLatency().getRecent();
    if (recent.getCount() > 0 && phase == Phase.PHASE_POSTCOPY_ACTIVE) {
      figures.append("  p99 ").append(Units.duration(recent.getP99()));
    }
    boolean over = phase == Phase.PHASE_COMPLETED;
    if (migration.getThroughputBytesPerSecond() > 0 && !over) {
      figures.append("  ").append(Units.rate(migration.getThroughputBytesPerSecond()));
    }
    if (migration.getEtaMillis() > 0 && !over) {
      figures.append("  ETA ").append(Units.duration(migration.getEtaMillis() * 1e6));
    }
    int bar = Math.min(60, width - 16 - figures.length() - 2);
    String drawn = silent || bar < 8 ? "" : PageBar.draw(migration.getPages(), bar, palette) + " ";
    return Text.fit(palette.accent(Text.pad(Units.phase(phase), 16)) + drawn + figures, width);
  }

  /**
   * One side is complete a moment before the other knows; the line is not, as long as it lacks
   * pages.
   */
  private static Phase phase(StatusPair statuses, MigrationStatus counted) {
    Phase phase = statuses.phase();
    boolean whole = counted.getPages().getPresent() == counted.getPages().getTotal();
    return phase == Phase.PHASE_COMPLETED && !whole ? counted.getPhase() : phase;
  }
}
