package io.pageferry.bench.mechanism;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pageferry.bench.report.Host;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.FaultLatency;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * What a comparison of mechanisms found: as lines of text, as JSON, and as a page. Immutable.
 *
 * @param cells summaries, in the order of measurement
 * @param costs medians of each mechanism's state costs
 */
record MechanismsReport(Host host, int rounds, List<Summary> cells, List<StateCost> costs) {
  private static final String CELL_FORMAT = "%-20s %-9s %5s %-10s %9s %9s %9s %9s  %s";

  private record Part(String name, Function<FaultLatency, Distribution> of) {}

  private static final List<Part> PARTS =
      List.of(
          new Part("queue", FaultLatency::getQueue),
          new Part("wire", FaultLatency::getWire),
          new Part("install", FaultLatency::getInstall),
          new Part("resume", FaultLatency::getResume));

  /** For a terminal or a file. */
  List<String> text() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%d cores (%s), %s, %s, %d rounds; medians"
            .formatted(host.cores(), host.processor(), host.kernel(), host.jvm(), rounds));
    lines.add("");
    lines.add(
        CELL_FORMAT.formatted(
            "mechanism",
            "way",
            "vCPUs",
            "order",
            "faults/s",
            "p50 us",
            "p99 us",
            "CPU us",
            "p50 of queue, wire, install, resume"));
    for (Summary summary : cells) {
      lines.add(line(summary));
    }
    if (cells.stream().anyMatch(summary -> summary.cell().vcpus() > host.cores())) {
      lines.add("* more vCPUs than cores");
    }
    lines.add("");
    lines.add(
        "%-20s %9s %10s %13s %9s %10s"
            .formatted(
                "state alone", "clear ns", "two apart", "two together", "check ns", "bits/page"));
    for (StateCost cost : costs) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-20s %9.1f %9.2fx %12.2fx %9.1f %10d",
              cost.mechanism(),
              cost.clearNanos(),
              cost.twoApart(),
              cost.twoTogether(),
              cost.checkNanos(),
              cost.bitsPerPage()));
    }
    return lines;
  }

  private String line(Summary summary) {
    Cell cell = summary.cell();
    List<String> parts = new ArrayList<>();
    for (Part part : PARTS) {
      parts.add(number(summary.median(run -> Summary.p50(part.of.apply(run.latency())))));
    }
    String delay =
        cell.way().delayNanos() == 0
            ? ""
            : "; answers held back "
                + number(summary.median(run -> Summary.p50(run.delay())))
                + " us";
    return CELL_FORMAT.formatted(
        cell.mechanism(),
        cell.way().label(),
        cell.vcpus() + (cell.vcpus() > host.cores() ? "*" : ""),
        cell.order(),
        Math.round(summary.median(CellResult::faultsPerSecond)),
        number(summary.median(run -> Summary.p50(run.latency().getTotal()))),
        number(summary.median(run -> run.latency().getTotal().getP99() / 1e3)),
        number(summary.median(CellResult::processorMicrosPerFault)),
        String.join(", ", parts) + delay);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
  }

  /** Everything, also single runs. */
  JsonObject json() {
    JsonObject all = new JsonObject();
    all.addProperty("cores", host.cores());
    all.addProperty("processor", host.processor());
    all.addProperty("kernel", host.kernel());
    all.addProperty("jvm", host.jvm());
    all.addProperty("rounds", rounds);
    JsonArray runs = new JsonArray();
    for (Summary summary : cells) {
      for (CellResult run : summary.runs()) {
        runs.add(json(run));
      }
    }
    all.add("runs", runs);
    JsonArray states = new JsonArray();
    for (StateCost cost : costs) {
      JsonObject state = new JsonObject();
      state.addProperty("mechanism", cost.mechanism().toString());
      state.addProperty("clear_ns", cost.clearNanos());
      state.addProperty("two_apart", cost.twoApart());
      state.addProperty("two_together", cost.twoTogether());
      state.addProperty("check_ns", cost.checkNanos());
      state.addProperty("bits_per_page", cost.bitsPerPage());
      states.add(state);
    }
    all.add("state", states);
    return all;
  }

  private JsonObject json(CellResult run) {
    Cell cell = run.cell();
    JsonObject object = new JsonObject();
    object.addProperty("mechanism", cell.mechanism().toString());
    object.addProperty("way", cell.way().label());
    object.addProperty("vcpus", cell.vcpus());
    object.addProperty("more_vcpus_than_cores", cell.vcpus() > host.cores());
    object.addProperty("order", cell.order());
    object.addProperty("faults", run.faults());
    object.addProperty("faults_per_second", run.faultsPerSecond());
    object.addProperty("processor_us_per_fault", run.processorMicrosPerFault());
    object.add("total", json(run.latency().getTotal()));
    for (Part part : PARTS) {
      object.add(part.name, json(part.of.apply(run.latency())));
    }
    if (run.delay().getCount() > 0) {
      object.add("answers_held_back", json(run.delay()));
    }
    return object;
  }

  private static JsonObject json(Distribution latency) {
    JsonObject object = new JsonObject();
    object.addProperty("count", latency.getCount());
    object.addProperty("p50_us", latency.getP50() / 1e3);
    object.addProperty("p90_us", latency.getP90() / 1e3);
    object.addProperty("p99_us", latency.getP99() / 1e3);
    if (latency.getCount() >= Summary.ENOUGH_FOR_P999) {
      object.addProperty("p999_us", latency.getP999() / 1e3);
    }
    return object;
  }

  /** A page that stands alone: a bar for each cell, grouped by way, vCPUs and order. */
  String page() {
    StringBuilder html = new StringBuilder();
    html.append(
        """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>Fault mechanisms</title>
        <style>body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}
        table{border-collapse:collapse;width:100%}td,th{padding:.15em .5em;text-align:left}
        td.n{text-align:right;font-variant-numeric:tabular-nums}h2{margin-top:1.6em}
        .bar{height:.9em;display:inline-block;vertical-align:middle}
        .q{background:#8da0cb}.w{background:#66c2a5}.i{background:#fc8d62}.r{background:#e78ac3}
        </style><h1>Fault mechanisms</h1>
        """);
    html.append("<p>")
        .append(escaped(text().getFirst()))
        .append(". Bars: median fault latency of ")
        .append("the parts queue <span class='bar q' style='width:1em'></span>, ")
        .append("wire <span class='bar w' style='width:1em'></span>, ")
        .append("install <span class='bar i' style='width:1em'></span> and ")
        .append("resume <span class='bar r' style='width:1em'></span>.</p>");
    String group = "";
    double longest =
        cells.stream()
            .map(s -> s.median(run -> Summary.p50(run.latency().getTotal())))
            .max(Comparator.naturalOrder())
            .orElse(1.0);
    for (Summary summary : sorted()) {
      Cell cell = summary.cell();
      String next = "%s, %d vCPUs, %s".formatted(cell.way().label(), cell.vcpus(), cell.order());
      if (!next.equals(group)) {
        html.append(group.isEmpty() ? "" : "</table>")
            .append("<h2>")
            .append(escaped(next))
            .append(cell.vcpus() > host.cores() ? " (more vCPUs than cores)" : "")
            .append("</h2><table><tr><th>mechanism<th>p50<th>p99<th>faults/s<th>");
        group = next;
      }
      row(html, summary, longest);
    }
    html.append("</table><h2>State alone</h2><pre>");
    List<String> lines = text();
    lines
        .subList(lines.size() - costs.size() - 1, lines.size())
        .forEach(line -> html.append(escaped(line)).append('\n'));
    return html.append("</pre></html>\n").toString();
  }

  private List<Summary> sorted() {
    return cells.stream()
        .sorted(
            Comparator.comparing((Summary s) -> s.cell().way())
                .thenComparingInt(s -> s.cell().vcpus())
                .thenComparing(s -> s.cell().pattern())
                .thenComparing(s -> s.cell().mechanism()))
        .toList();
  }

  private static void row(StringBuilder html, Summary summary, double longest) {
    html.append("<tr><td>")
        .append(summary.cell().mechanism())
        .append("<td class=n>")
        .append(number(summary.median(run -> Summary.p50(run.latency().getTotal()))))
        .append("<td class=n>")
        .append(number(summary.median(run -> run.latency().getTotal().getP99() / 1e3)))
        .append("<td class=n>")
        .append(Math.round(summary.median(CellResult::faultsPerSecond)))
        .append("<td>");
    String classes = "qwir";
    for (int i = 0; i < PARTS.size(); i++) {
      Part part = PARTS.get(i);
      double micros = summary.median(run -> Summary.p50(part.of.apply(run.latency())));
      html.append("<span class='bar ")
          .append(classes.charAt(i))
          .append("' style='width:")
          .append(String.format(Locale.ROOT, "%.2f", 24 * micros / longest))
          .append("em' title='")
          .append(part.name)
          .append(' ')
          .append(number(micros))
          .append(" us'></span>");
    }
    html.append('\n');
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
