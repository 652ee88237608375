package io.pageferry.cli.demo;

import com.google.gson.JsonObject;
import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.Text;
import io.pageferry.cli.view.Units;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;

/**
 * Several runs together.
 *
 * @param runs how many
 * @param passed how many of them agreed in everything
 * @param spreads median and extremes of each figure, by its name in JSON
 */
record Summary(int runs, int passed, Map<String, Spread> spreads) {
  /** Median and extremes of one figure. */
  record Spread(double median, double minimum, double maximum) {
    static Spread of(List<RunReport> reports, ToDoubleFunction<RunReport> figure) {
      double[] values = reports.stream().mapToDouble(figure).sorted().toArray();
      int middle = values.length / 2;
      double median =
          values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
      return new Spread(median, values[0], values[values.length - 1]);
    }
  }

  /** Of at least one run. */
  static Summary of(List<RunReport> reports) {
    Map<String, Spread> spreads = new LinkedHashMap<>();
    spreads.put("downtimeNanos", Spread.of(reports, RunReport::downtimeNanos));
    spreads.put("totalNanos", Spread.of(reports, run -> run.left().getElapsedNanos()));
    spreads.put("faults", Spread.of(reports, run -> run.arrived().getFaults()));
    spreads.put(
        "faultP50Nanos",
        Spread.of(reports, run -> run.arrived().getFaultLatency().getTotal().getP50()));
    spreads.put(
        "faultP99Nanos",
        Spread.of(reports, run -> run.arrived().getFaultLatency().getTotal().getP99()));
    spreads.put("throughputBytesPerSecond", Spread.of(reports, RunReport::throughput));
    return new Summary(
        reports.size(), (int) reports.stream().filter(RunReport::passed).count(), spreads);
  }

  /** A table for people. */
  List<String> render(Palette palette) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "  "
            + palette.dim(
                Text.pad("", 16)
                    + Text.right("median", 12)
                    + Text.right("least", 12)
                    + Text.right("most", 12)));
    row(lines, "downtime", "downtimeNanos", Units::duration);
    row(lines, "total time", "totalNanos", Units::duration);
    row(lines, "faults", "faults", value -> Units.count(Math.round(value)));
    row(lines, "fault p50", "faultP50Nanos", Units::duration);
    row(lines, "fault p99", "faultP99Nanos", Units::duration);
    row(lines, "throughput", "throughputBytesPerSecond", Units::rate);
    lines.add("");
    lines.add(
        passed == runs
            ? palette.good("Everything agrees in all %d runs.".formatted(runs))
            : palette.bad(
                "Something does not agree in %d of %d runs.".formatted(runs - passed, runs)));
    return lines;
  }

  private void row(List<String> lines, String label, String name, DoubleFunction<String> format) {
    Spread spread = spreads.getOrDefault(name, new Spread(0, 0, 0));
    lines.add(
        "  "
            + Text.pad(label, 16)
            + Text.right(format.apply(spread.median), 12)
            + Text.right(format.apply(spread.minimum), 12)
            + Text.right(format.apply(spread.maximum), 12));
  }

  /** The same for machines. */
  JsonObject json() {
    JsonObject object = new JsonObject();
    object.addProperty("runs", runs);
    object.addProperty("passed", passed);
    spreads.forEach((name, spread) -> {
      JsonObject figures = new JsonObject();
      figures.addProperty("median", spread.median);
      figures.addProperty("minimum", spread.minimum);
      figures.addProperty("maximum", spread.maximum);
      object.add(name, figures);
    });
    return object;
  }
}
