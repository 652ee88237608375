package io.pageferry.cli.watch;

import io.pageferry.cli.view.Chart;
import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.Text;
import io.pageferry.cli.view.Units;
import io.pageferry.cli.watch.WatchFrame.Sample;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.FaultLatency;
import io.pageferry.proto.v1.MigrationStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** What was moved and how long faults took: now, over the migration, and a chart. Stateless. */
final class WatchTables {
  private static final int NAME = 8;
  private static final int TABLE = 45;
  private static final int GAP = 3;
  private static final int NARROWEST_CHART = 12;

  private final WatchFrame frame;
  private final Rates rates;
  private final int chartWidth;
  private final Palette palette;

  WatchTables(WatchFrame frame, int width, Palette palette) {
    this.frame = frame;
    this.rates = frame.rates();
    this.chartWidth = width - WatchView.LABEL - TABLE - GAP;
    this.palette = palette;
  }

  /** Three lines, and as many more as the chart is to grow. */
  List<String> moved(MigrationStatus migration, int chartGrowth) {
    List<String> rows = new ArrayList<>();
    rows.add(palette.dim(row("", 12, "now", "average", "total")));
    rows.add(lane("demand", MigrationStatus::getDemandBytes, migration));
    rows.add(lane("drain", MigrationStatus::getDrainBytes, migration));
    return beside("moved", rows, Sample::bytesPerSecond, Units::rate, chartGrowth);
  }

  private String lane(
      String name, ToLongFunction<MigrationStatus> bytes, MigrationStatus migration) {
    return row(
        name,
        12,
        known(now(bytes), Units::rate),
        known(rates.average(bytes), Units::rate),
        Units.bytes(bytes.applyAsLong(migration)));
  }

  /** Nothing is "now" when the migration is over. */
  private double now(ToLongFunction<MigrationStatus> value) {
    return WatchHistory.isUnderWay(frame.now().phase()) ? rates.perSecond(value) : Double.NaN;
  }

  /** Three lines, and as many more as the chart is to grow. */
  List<String> faults(MigrationStatus migration, int chartGrowth) {
    FaultLatency latency = migration.getFaultLatency();
    List<String> rows = new ArrayList<>();
    rows.add(palette.dim(row("", 9, "faults", "p50", "p99", "max")));
    double perSecond = now(MigrationStatus::getFaults);
    rows.add(
        latencies(
            "now",
            known(perSecond, faults -> Units.count(Math.round(faults)) + "/s"),
            Double.isNaN(perSecond) ? Distribution.getDefaultInstance() : latency.getRecent()));
    rows.add(latencies("so far", Units.count(migration.getFaults()), latency.getTotal()));
    return beside(
        "faults", rows, Sample::faultP99Nanos, p99 -> Units.duration(p99) + " p99", chartGrowth);
  }

  private static String latencies(String name, String count, Distribution distribution) {
    boolean none = distribution.getCount() == 0;
    return row(
        name,
        9,
        count,
        none ? "-" : Units.duration(distribution.getP50()),
        none ? "-" : Units.duration(distribution.getP99()),
        none ? "-" : Units.duration(distribution.getMax()));
  }

  private static String row(String name, int column, String... cells) {
    StringBuilder row = new StringBuilder(Text.pad(name, NAME));
    for (String cell : cells) {
      row.append(Text.right(cell, column));
    }
    return row.toString();
  }

  private static String known(double value, DoubleFunction<String> text) {
    return Double.isNaN(value) ? "-" : text.apply(value);
  }

  /** A table, and a chart to the right of it if there is room and something to show. */
  private List<String> beside(
      String label,
      List<String> rows,
      ToDoubleFunction<Sample> value,
      DoubleFunction<String> unit,
      int chartGrowth) {
    List<String> chart = chart(value, unit, rows.size() - 1 + chartGrowth);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < Math.max(rows.size(), chart.size()); i++) {
      String left = i < rows.size() ? rows.get(i) : "";
      String right = i < chart.size() ? " ".repeat(GAP) + chart.get(i) : "";
      lines.add(
          palette.dim(Text.pad(i == 0 ? label : "", WatchView.LABEL))
              + (right.isEmpty() ? left : Text.pad(left, TABLE) + right));
    }
    return lines;
  }

  private List<String> chart(
      ToDoubleFunction<Sample> value, DoubleFunction<String> unit, int height) {
    List<Double> values = frame.samples().stream().mapToDouble(value).boxed().toList();
    List<Double> shown = Chart.latest(values, Math.max(0, chartWidth));
    double highest = Chart.highest(shown);
    if (chartWidth < NARROWEST_CHART || highest == 0) {
      return List.of();
    }
    String title = "≤ " + unit.apply(highest);
    List<Sample> samples = frame.samples().subList(values.size() - shown.size(), values.size());
    String span = ", " + Units.duration(samples.getLast().nanos() - samples.getFirst().nanos());
    if (title.length() + span.length() <= chartWidth) {
      title += span;
    }
    List<String> lines = new ArrayList<>();
    lines.add(palette.dim(Text.fit(title, chartWidth)));
    Chart.draw(values, chartWidth, height).forEach(line -> lines.add(palette.accent(line)));
    return lines;
  }
}
