package io.pageferry.bench.report;

import io.pageferry.bench.result.Curve;
import io.pageferry.bench.result.CurveBundle;
import io.pageferry.bench.result.Experiment;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** The plots of an experiment, all of its sides in each. Stateless. */
final class Plots {
  private static final double[] PERCENTILES = {50, 90, 99, 99.9};
  private static final int MANY_TICKS = 6;
  private static final double BAR = 24;
  private static final double ROW = 42;

  private final Report report;
  private final Experiment experiment;
  private final Sides sides;

  Plots(Report report, Experiment experiment) {
    this.report = report;
    this.experiment = experiment;
    sides = new Sides(report.sides());
  }

  /** Those for which there is something to show. */
  List<Element> all() {
    List<Element> plots = new ArrayList<>();
    percentiles(Curve.Kind.LATENCY, "Latency", "µs").ifPresent(plots::add);
    progress().ifPresent(plots::add);
    percentiles(Curve.Kind.PAUSES, "Collection pauses", "ms").ifPresent(plots::add);
    throughput().ifPresent(plots::add);
    return plots;
  }

  private List<Curve> curves(String side, Curve.Kind kind) {
    return report.runs(experiment, side).stream()
        .flatMap(run -> run.curves().stream())
        .filter(curve -> curve.kind() == kind)
        .toList();
  }

  private Optional<Element> percentiles(Curve.Kind kind, String title, String unit) {
    List<CurveBundle> bundles = new ArrayList<>();
    for (String side : report.sides(experiment)) {
      CurveBundle.ofPercentiles(
              side,
              curves(side, kind),
              PERCENTILES[0] / 100,
              PERCENTILES[PERCENTILES.length - 1] / 100)
          .ifPresent(bundles::add);
    }
    if (bundles.isEmpty()) {
      return Optional.empty();
    }
    List<String> names = bundles.stream().map(CurveBundle::side).toList();
    double first = CurveBundle.position(PERCENTILES[0] / 100);
    double last = CurveBundle.position(PERCENTILES[PERCENTILES.length - 1] / 100);
    Scale x = new Scale(first, last, false, Plot.LEFT, Plot.right(names));
    Scale y = Scale.logarithmic(least(bundles), most(bundles), Plot.BOTTOM, Plot.TOP);
    Plot plot = new Plot(title + " by percentile: " + experiment.title(), x, y, sides);
    y.ticks().forEach(tick -> plot.tickY(tick, Numbers.of(tick)));
    for (double percentile : PERCENTILES) {
      plot.tickX(CurveBundle.position(percentile / 100), Numbers.of(percentile) + " %");
    }
    plot.axes("share that took no longer", unit + ", logarithmic");
    bundles.forEach(plot::band);
    bundles.reversed().forEach(plot::curve);
    bundles.forEach(plot::labelEnd);
    return Optional.of(figure(title + " by percentile", note(bundles)).add(plot.svg()));
  }

  private Optional<Element> progress() {
    List<CurveBundle> bundles = new ArrayList<>();
    for (String side : report.sides(experiment)) {
      CurveBundle.ofProgress(side, curves(side, Curve.Kind.PROGRESS)).ifPresent(bundles::add);
    }
    if (bundles.isEmpty()) {
      return Optional.empty();
    }
    double end = bundles.stream().mapToDouble(b -> b.bands().getLast().position()).max().orElse(1);
    Scale x = Scale.fromZero(end, Plot.LEFT, Plot.WIDTH - 24);
    Scale y = Scale.fromZero(Math.max(1.1, most(bundles)), Plot.BOTTOM, Plot.TOP);
    Plot plot = new Plot("Guest progress over time: " + experiment.title(), x, y, sides);
    y.ticks().forEach(tick -> plot.tickY(tick, Numbers.of(Math.rint(tick * 100)) + " %"));
    x.ticks().forEach(tick -> plot.tickX(tick, Numbers.of(tick)));
    plot.axes("ms since the migrate command", "guest work a second, of that before");
    plot.level(1, "as before");
    bundles.forEach(plot::band);
    bundles.reversed().forEach(plot::curve);
    return Optional.of(
        figure("Guest progress", note(bundles))
            .add(sides.legend(bundles.stream().map(CurveBundle::side).toList()))
            .add(plot.svg()));
  }

  private Optional<Element> throughput() {
    Figure figure = Figure.THROUGHPUT_MIB;
    List<String> shown =
        report.sides(experiment).stream()
            .filter(side -> report.spread(experiment, side, figure).isPresent())
            .toList();
    if (shown.isEmpty()) {
      return Optional.empty();
    }
    double left = Plot.WIDTH - Plot.right(shown) + 8;
    double bottom = 12 + ROW * shown.size();
    double most =
        shown.stream()
            .mapToDouble(side -> report.spread(experiment, side, figure).orElseThrow().most())
            .filter(Double::isFinite)
            .max()
            .orElse(1);
    Scale x = Scale.fromZero(most, left, Plot.WIDTH - 100);
    Element svg = Plot.frame("Throughput: " + experiment.title(), bottom + 48);
    for (double tick : x.ticks()) {
      svg.add(Plot.line("grid", x.at(tick), 6, x.at(tick), bottom));
      if (x.ticks().size() <= MANY_TICKS || x.ticks().indexOf(tick) % 2 == 0) {
        svg.add(Plot.text("tick middle", x.at(tick), bottom + 18, Numbers.of(tick)));
      }
    }
    svg.add(Plot.line("axis", left, 6, left, bottom));
    svg.add(Plot.text("axis-title end", x.to(), bottom + 38, figure.unit()));
    for (int i = 0; i < shown.size(); i++) {
      Spread spread = report.spread(experiment, shown.get(i), figure).orElseThrow();
      bar(svg, x, 12 + ROW * i, shown.get(i), spread);
    }
    return Optional.of(
        figure("Throughput", "Median of the runs; the whisker from least to most.").add(svg));
  }

  private void bar(Element svg, Scale x, double top, String side, Spread spread) {
    double middle = top + BAR / 2;
    String style = sides.style(side);
    svg.add(Plot.text("name end " + style, x.from() - 8, middle + 4.5, side));
    if (!Double.isFinite(spread.median())) {
      return;
    }
    svg.add(
        Element.of("rect")
            .with("class", "bar " + style)
            .with("x", x.from())
            .with("y", top)
            .with("width", x.at(spread.median()) - x.from())
            .with("height", BAR));
    if (spread.runs() > 1) {
      double low = x.at(spread.least());
      double high = x.at(spread.most());
      svg.add(Plot.line("whisker", low, middle, high, middle));
      svg.add(Plot.line("whisker", low, middle - 5, low, middle + 5));
      svg.add(Plot.line("whisker", high, middle - 5, high, middle + 5));
    }
    svg.add(
        Plot.text(
            "value",
            x.at(Math.max(spread.median(), spread.most())) + 8,
            middle + 4.5,
            Numbers.of(spread.median(), Figure.THROUGHPUT_MIB.unit())));
  }

  private static String note(List<CurveBundle> bundles) {
    return bundles.stream().allMatch(CurveBundle::isOfOneRun)
        ? "One run of each."
        : "Median of the runs; shaded from least to most.";
  }

  private static Element figure(String title, String note) {
    return Element.of("figure")
        .add(
            Element.of("figcaption")
                .add(Element.of("strong", title))
                .add(Element.of("span", note)));
  }

  private static double least(List<CurveBundle> bundles) {
    return extremes(bundles, false).orElse(1);
  }

  private static double most(List<CurveBundle> bundles) {
    return extremes(bundles, true).orElse(1);
  }

  private static OptionalDouble extremes(List<CurveBundle> bundles, boolean most) {
    var values =
        bundles.stream()
            .flatMap(bundle -> bundle.bands().stream())
            .mapToDouble(band -> most ? band.spread().most() : band.spread().least());
    return most ? values.max() : values.min();
  }
}
