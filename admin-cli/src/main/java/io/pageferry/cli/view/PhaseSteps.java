package io.pageferry.cli.view;

import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PhaseEntry;
import java.util.ArrayList;
import java.util.List;

/** The phases that a migration went through and how long each lasted. Stateless. */
public final class PhaseSteps {
  private PhaseSteps() {}

  /**
   * {@code SETUP 1.37 s > SWITCHOVER 205 ms > POSTCOPY_ACTIVE 4.04 s}, in lines of at most {@code
   * width} columns. The last has a time too while it goes on.
   */
  public static List<String> render(MigrationStatus migration, int width) {
    List<PhaseEntry> timeline = migration.getTimelineList();
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < timeline.size(); i++) {
      PhaseEntry entry = timeline.get(i);
      boolean last = i + 1 == timeline.size();
      long end = last ? migration.getElapsedNanos() : timeline.get(i + 1).getAtNanos();
      String step = Units.phase(entry.getPhase());
      if (end > entry.getAtNanos()) {
        step += " " + Units.duration(end - entry.getAtNanos());
      }
      step += last ? "" : " > ";
      if (!line.isEmpty() && line.length() + step.stripTrailing().length() > width) {
        lines.add(line.toString().stripTrailing());
        line.setLength(0);
      }
      line.append(step);
    }
    lines.add(line.toString().stripTrailing());
    return lines;
  }
}
