package io.pageferry.cli.demo;

import io.pageferry.cli.demo.RunReport.Check;
import io.pageferry.cli.view.PageBar;
import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.PhaseSteps;
import io.pageferry.cli.view.Text;
import io.pageferry.cli.view.Units;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.FaultLatency;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.VcpuStatus;
import java.util.ArrayList;
import java.util.List;

/** A run's report for people. Stateless. */
final class ReportView {
  private static final int LABEL = 16;
  private static final int FIGURE = 10;
  private static final int MEANING = 14;
  private static final int CHECK = 28;
  private static final int VCPU_COLUMN = 38;

  private final RunReport report;
  private final int width;
  private final Palette palette;
  private final List<String> lines = new ArrayList<>();

  private ReportView(RunReport report, int width, Palette palette) {
    this.report = report;
    this.width = width;
    this.palette = palette;
  }

  /** The whole report; what is wider than {@code width} columns goes on in the next line. */
  static List<String> render(RunReport report, int width, Palette palette) {
    ReportView view = new ReportView(report, width, palette);
    view.head();
    view.times();
    view.pages();
    view.faults();
    view.vcpus();
    view.memory();
    view.checks();
    return view.lines;
  }

  /** A run among several, on one line. */
  static String line(RunReport report, int number, Palette palette) {
    Distribution latency = report.arrived().getFaultLatency().getTotal();
    return "%3d  %s  downtime %s  total %s  %s faults  p50 %s  p99 %s"
        .formatted(
            number,
            verdict(report.passed(), palette),
            Text.right(Units.duration(report.downtimeNanos()), 8),
            Text.right(Units.duration(report.left().getElapsedNanos()), 8),
            Text.right(Units.count(report.arrived().getFaults()), 7),
            Text.right(Units.duration(latency.getP50()), 8),
            Text.right(Units.duration(latency.getP99()), 8));
  }

  private static String verdict(boolean passed, Palette palette) {
    return passed ? palette.good("ok  ") : palette.bad("FAIL");
  }

  private void head() {
    DemoOptions options = report.options();
    String workload = options.workload().isEmpty() ? "" : " (" + options.workload() + ")";
    lines.add(
        palette.bold("PageFerry demo")
            + ": guest %s%s, %s, %d vCPU%s"
                .formatted(
                    options.guest(),
                    workload,
                    Units.bytes(options.memoryBytes()),
                    options.vcpus(),
                    options.vcpus() == 1 ? "" : "s"));
    lines.add("");
  }

  private void times() {
    row(
        "downtime",
        Units.duration(report.downtimeNanos()),
        "last instruction here to first instruction there");
    row(
        "total time",
        Units.duration(report.left().getElapsedNanos()),
        "command to last page installed and freed");
    row(
        "throughput",
        Units.rate(report.throughput()),
        "%s on demand, %s by the drain"
            .formatted(
                Units.bytes(report.arrived().getDemandBytes()),
                Units.bytes(report.arrived().getDrainBytes())));
    List<String> steps = PhaseSteps.render(report.left(), width - LABEL - 2);
    for (int i = 0; i < steps.size(); i++) {
      labelled(i == 0 ? "phases" : "", steps.get(i));
    }
    lines.add("");
  }

  private void pages() {
    PageCounts pages = report.arrived().getPages();
    labelled("pages", PageBar.draw(pages, Math.min(60, width - LABEL - 2), palette) + "");
    PageBar.legend(pages, width - LABEL - 2, palette).forEach(line -> labelled("", line));
    labelled(
        "",
        "%s in all, %s arrived twice and dropped"
            .formatted(Units.count(pages.getTotal()), Units.count(pages.getDuplicate())));
    lines.add("");
  }

  private void faults() {
    FaultLatency latency = report.arrived().getFaultLatency();
    StringBuilder titles = new StringBuilder();
    for (String title : List.of("p50", "p90", "p99", "p99.9", "max")) {
      titles.append(Text.right(title, FIGURE));
    }
    labelled(
        "faults",
        Text.pad(Units.count(report.arrived().getFaults()), FIGURE)
            + palette.dim(titles.toString()));
    distribution("total", latency.getTotal());
    distribution("queue", latency.getQueue());
    distribution("wire", latency.getWire());
    distribution("install", latency.getInstall());
    distribution("resume", latency.getResume());
    lines.add("");
  }

  private void distribution(String name, Distribution values) {
    StringBuilder line = new StringBuilder(Text.pad(name, FIGURE));
    for (long value :
        new long[] {
          values.getP50(), values.getP90(), values.getP99(), values.getP999(), values.getMax()
        }) {
      line.append(Text.right(values.getCount() == 0 ? "-" : Units.duration(value), FIGURE));
    }
    labelled("", line.toString());
  }

  private void vcpus() {
    List<VcpuStatus> vcpus = report.destination().getGuest().getVcpusList();
    int columns = Math.max(1, (width - LABEL - 2) / VCPU_COLUMN);
    for (int first = 0; first < vcpus.size(); first += columns) {
      StringBuilder line = new StringBuilder();
      for (VcpuStatus vcpu : vcpus.subList(first, Math.min(vcpus.size(), first + columns))) {
        line.append(
            Text.pad(
                "vCPU %d  %s in %s faults"
                    .formatted(
                        vcpu.getIndex(),
                        Text.right(Units.duration(vcpu.getBlocktimeNanos()), 8),
                        Units.count(vcpu.getFaults())),
                VCPU_COLUMN));
      }
      labelled(first == 0 ? "blocktime" : "", line.toString().stripTrailing());
    }
    labelled(
        report.options().hasConsole() ? "instructions/s" : "accesses/s",
        "%s before, %s during, %s after"
            .formatted(
                Units.magnitude(report.speeds().before()),
                Units.magnitude(report.speeds().during()),
                Units.magnitude(report.speeds().after())));
    lines.add("");
  }

  private void memory() {
    GuestStatus here = report.source().getGuest();
    GuestStatus there = report.destination().getGuest();
    labelled(
        "resident",
        "source %s, destination %s, of %s"
            .formatted(
                Units.bytes(here.getResidentBytes()),
                Units.bytes(there.getResidentBytes()),
                Units.bytes(report.options().memoryBytes())));
    labelled(
        "bookkeeping",
        "source %.2f bits a page, destination %.2f bits a page"
            .formatted(here.getBookkeepingBitsPerPage(), there.getBookkeepingBitsPerPage()));
    lines.add("");
  }

  private void checks() {
    for (Check check : report.checks()) {
      List<String> details = Text.wrap(check.detail(), width - CHECK);
      lines.add(
          "  "
              + verdict(check.passed(), palette)
              + "  "
              + Text.pad(check.name(), 20)
              + details.getFirst());
      details.stream().skip(1).forEach(rest -> lines.add(" ".repeat(CHECK) + rest));
    }
    lines.add("");
    lines.add(
        report.passed()
            ? palette.good("Everything agrees.")
            : palette.bad("Something does not agree: see FAIL above."));
  }

  private void row(String label, String figure, String meaning) {
    List<String> meanings = Text.wrap(meaning, width - LABEL - 2 - MEANING);
    labelled(label, Text.pad(figure, MEANING) + palette.dim(meanings.getFirst()));
    meanings.stream()
        .skip(1)
        .forEach(rest -> labelled("", " ".repeat(MEANING) + palette.dim(rest)));
  }

  private void labelled(String label, String text) {
    lines.add("  " + palette.dim(Text.pad(label, LABEL)) + text);
  }
}
