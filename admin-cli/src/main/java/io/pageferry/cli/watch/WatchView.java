package io.pageferry.cli.watch;

import io.pageferry.cli.view.PageBar;
import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.PhaseSteps;
import io.pageferry.cli.view.Size;
import io.pageferry.cli.view.Text;
import io.pageferry.cli.view.Units;
import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The live view: one migration, merged from what both daemons say, on a screen of any size. Where
 * rows are few, the less important parts are left out; where there are many, the charts are higher.
 * Stateless.
 */
public final class WatchView {
  static final int LABEL = 11;
  private static final int HIGHEST_CHART_GROWTH = 6;
  private static final int LEAST_VCPU_ROWS = 2;

  private final WatchFrame frame;
  private final StatusPair known;
  private final Size size;
  private final Palette palette;

  /** Lines that belong together. The higher its rank, the sooner a part is left out. */
  private record Part(int rank, List<String> lines) {}

  private WatchView(WatchFrame frame, Size size, Palette palette) {
    this.frame = frame;
    this.known = frame.now().known();
    this.size = size;
    this.palette = palette;
  }

  /** Lines for a screen, at most as many as it has rows, each at most as wide as it has columns. */
  public static List<String> render(WatchFrame frame, Size size, Palette palette) {
    return new WatchView(frame, size, palette).render();
  }

  private List<String> render() {
    List<Part> parts = parts(0);
    int left = size.rows() - rows(parts);
    while (left < 0 && parts.size() > 1) {
      parts.remove(leastImportant(parts));
      left = size.rows() - rows(parts);
    }
    Optional<VcpuTable> vcpus = vcpus();
    int wanted = vcpus.map(table -> table.height(size.columns())).orElse(0);
    int vcpuRows = Math.min(wanted, left) < LEAST_VCPU_ROWS ? 0 : Math.min(wanted, left);
    left -= vcpuRows;
    boolean spaced = left >= parts.size();
    int growth = spaced ? Math.min(HIGHEST_CHART_GROWTH, (left - parts.size()) / 2) : 0;
    if (growth > 0) {
      parts = parts(growth);
    }
    if (vcpuRows > 0) {
      // Above the troubles, which come last.
      parts.add(
          parts.size() - 1, new Part(0, vcpus.orElseThrow().render(size.columns(), vcpuRows)));
    }
    return joined(parts, spaced);
  }

  private static int rows(List<Part> parts) {
    return parts.stream().mapToInt(part -> part.lines().size()).sum();
  }

  private static int leastImportant(List<Part> parts) {
    int least = 0;
    for (int i = 0; i < parts.size(); i++) {
      if (parts.get(i).rank() > parts.get(least).rank()) {
        least = i;
      }
    }
    return least;
  }

  private List<String> joined(List<Part> parts, boolean spaced) {
    List<String> lines = new ArrayList<>();
    for (Part part : parts) {
      if (spaced && !lines.isEmpty() && !part.lines().isEmpty()) {
        lines.add("");
      }
      part.lines().forEach(line -> lines.add(Text.fit(line, size.columns())));
    }
    return lines.subList(0, Math.min(lines.size(), size.rows()));
  }

  private List<Part> parts(int chartGrowth) {
    List<Part> parts = new ArrayList<>();
    parts.add(new Part(0, new WatchHead(frame.now(), palette).render()));
    known
        .pageView()
        .ifPresent(counted -> {
          MigrationStatus timed = frame.now().timed().orElse(counted);
          parts.add(new Part(3, phases(timed)));
          if (counted.getPages().getPresent() > 0) {
            parts.add(new Part(2, pages(counted.getPages())));
          }
          if (Rates.sinceArrivalNanos(counted) > 0) {
            WatchTables tables = new WatchTables(frame, size.columns(), palette);
            parts.add(new Part(6, tables.moved(counted, chartGrowth)));
            parts.add(new Part(5, tables.faults(counted, chartGrowth)));
          }
          parts.add(new Part(4, labelled("times", List.of(times(timed, counted)))));
        });
    parts.add(new Part(1, advice()));
    return parts;
  }

  private List<String> phases(MigrationStatus timed) {
    List<String> steps = PhaseSteps.render(timed, size.columns() - LABEL);
    String last = Units.phase(timed.getPhase());
    int end = steps.size() - 1;
    String line = steps.get(end);
    int at = line.lastIndexOf(last);
    if (at >= 0) {
      steps.set(
          end,
          line.substring(0, at)
              + WatchHead.phase(timed.getPhase(), palette)
              + line.substring(at + last.length()));
    }
    return labelled("phases", steps);
  }

  private List<String> pages(PageCounts pages) {
    String figures =
        "  %s  %s missing"
            .formatted(
                Units.percent(pages.getPresent(), pages.getTotal()),
                Units.count(pages.getTotal() - pages.getPresent()));
    int bar = Math.max(10, size.columns() - LABEL - figures.length());
    List<String> lines = new ArrayList<>();
    lines.add(PageBar.draw(pages, bar, palette) + figures);
    String twice =
        pages.getDuplicate() > 0 ? "  (" + Units.count(pages.getDuplicate()) + " twice)" : "";
    int width = size.columns() - LABEL;
    lines.addAll(PageBar.legend(pages, width, palette));
    if (Text.columns(lines.getLast()) + twice.length() <= width) {
      lines.set(lines.size() - 1, lines.getLast() + twice);
    }
    return labelled("pages", lines);
  }

  private String times(MigrationStatus timed, MigrationStatus counted) {
    List<String> times = new ArrayList<>();
    if (known.downtimeNanos() > 0) {
      times.add("downtime " + Units.duration(known.downtimeNanos()));
    }
    boolean over = timed.getPhase() == Phase.PHASE_COMPLETED;
    times.add((over ? "total " : "elapsed ") + Units.duration(timed.getElapsedNanos()));
    if (counted.getEtaMillis() > 0 && frame.now().destination().answers()) {
      times.add("ETA " + Units.duration(counted.getEtaMillis() * 1e6));
    }
    if (timed.getBytesInFlight() > 0) {
      times.add(Units.bytes(timed.getBytesInFlight()) + " in flight");
    }
    digests().ifPresent(times::add);
    return String.join("   ", times);
  }

  /** Compared once both sides are complete. */
  private Optional<String> digests() {
    if (!known.sameMigration()) {
      return Optional.empty();
    }
    MigrationStatus here = known.sourceMigration().orElseThrow();
    MigrationStatus there = known.destinationMigration().orElseThrow();
    if (here.getPhase() != Phase.PHASE_COMPLETED || there.getPhase() != Phase.PHASE_COMPLETED) {
      return Optional.empty();
    }
    return Optional.of(
        here.getImageDigest().equals(there.getImageDigest())
            ? palette.good("digests equal")
            : palette.bad("digests differ: do not trust the guest"));
  }

  private List<String> advice() {
    List<String> lines = new ArrayList<>();
    for (String trouble : Advice.troubles(frame)) {
      Text.wrap(trouble, size.columns()).forEach(line -> lines.add(palette.notice(line)));
    }
    String next = Advice.next(frame.now());
    if (!next.isEmpty()) {
      Text.wrap(next, size.columns()).forEach(line -> lines.add(palette.dim(line)));
    }
    return lines;
  }

  private Optional<VcpuTable> vcpus() {
    MigrationStatus migration = known.pageView().orElse(MigrationStatus.getDefaultInstance());
    return known
        .guest()
        .filter(guest -> guest.getVcpusCount() > 0)
        .map((GuestStatus guest) -> new VcpuTable(guest, frame.rates(), migration, palette));
  }

  private List<String> labelled(String label, List<String> texts) {
    List<String> lines = new ArrayList<>();
    for (String text : texts) {
      lines.add(palette.dim(Text.pad(lines.isEmpty() ? label : "", LABEL)) + text);
    }
    return lines;
  }
}
