package io.pageferry.bench.report;

import io.pageferry.bench.result.CurveBundle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Lines and their bands between two axes, as SVG. Each side keeps its colour and dashes, which the
 * page's style gives by the side's number. One thread.
 */
final class Plot {
  static final double WIDTH = 540;
  static final double HEIGHT = 330;
  static final double LEFT = 56;
  static final double TOP = 34;
  static final double BOTTOM = HEIGHT - 48;

  private static final double LABEL_HEIGHT = 17;
  private static final double LETTER = 8.3;

  private final Scale x;
  private final Scale y;
  private final Sides sides;
  private final Element svg;
  private final List<EndLabel> endLabels = new ArrayList<>();

  /** A line's name beside its end. */
  private record EndLabel(String side, double y) {}

  /**
   * An empty one.
   *
   * @param title for those who cannot see it
   */
  Plot(String title, Scale x, Scale y, Sides sides) {
    this.x = x;
    this.y = y;
    this.sides = sides;
    svg = frame(title, HEIGHT);
  }

  /** An empty drawing. */
  static Element frame(String title, double height) {
    return Element.of("svg")
        .with("xmlns", "http://www.w3.org/2000/svg")
        .with(
            "viewBox", "0 0 %s %s".formatted(Element.coordinate(WIDTH), Element.coordinate(height)))
        .with("role", "img")
        .with("aria-label", title);
  }

  /** Where the axis of x ends, so that names of these sides fit beside it. */
  static double right(List<String> names) {
    return WIDTH - 24 - LETTER * names.stream().mapToInt(String::length).max().orElse(0);
  }

  /** A tick of the axis of x, and its line. */
  Plot tickX(double value, String label) {
    double at = x.at(value);
    svg.add(line("grid", at, TOP, at, BOTTOM));
    svg.add(text("tick middle", at, BOTTOM + 18, label));
    return this;
  }

  /** A tick of the axis of y, and its line. */
  Plot tickY(double value, String label) {
    double at = y.at(value);
    svg.add(line("grid", x.from(), at, x.to(), at));
    svg.add(text("tick end", x.from() - 7, at + 4.5, label));
    return this;
  }

  /** What the axes show. */
  Plot axes(String labelX, String labelY) {
    svg.add(line("axis", x.from(), BOTTOM, x.to(), BOTTOM));
    svg.add(text("axis-title end", x.to(), BOTTOM + 38, labelX));
    svg.add(text("axis-title", 4, 16, labelY));
    return this;
  }

  /** A level that lines are compared with. */
  Plot level(double value, String label) {
    svg.add(line("level", x.from(), y.at(value), x.to(), y.at(value)));
    svg.add(text("tick", x.from() + 6, y.at(value) - 5, label));
    return this;
  }

  /** The area between the extremes of a bundle. */
  Plot band(CurveBundle bundle) {
    if (bundle.isOfOneRun()) {
      return this;
    }
    List<CurveBundle.Band> bands = bundle.bands();
    String there =
        bands.stream()
            .map(band -> point(band.position(), band.spread().most()))
            .collect(Collectors.joining(" "));
    String back =
        bands.reversed().stream()
            .map(band -> point(band.position(), band.spread().least()))
            .collect(Collectors.joining(" "));
    svg.add(
        Element.of("polygon")
            .with("class", "band " + sides.style(bundle.side()))
            .with("points", there + " " + back));
    return this;
  }

  /** The medians of a bundle. */
  Plot curve(CurveBundle bundle) {
    svg.add(
        Element.of("polyline")
            .with("class", "curve " + sides.style(bundle.side()))
            .with(
                "points",
                bundle.bands().stream()
                    .map(band -> point(band.position(), band.spread().median()))
                    .collect(Collectors.joining(" "))));
    return this;
  }

  /** Names the line of a bundle where it ends. */
  Plot labelEnd(CurveBundle bundle) {
    endLabels.add(new EndLabel(bundle.side(), y.at(bundle.bands().getLast().spread().median())));
    return this;
  }

  /** The drawing. */
  Element svg() {
    placeEndLabels();
    return svg;
  }

  /** Each as near to its line as the others allow: down from the top, then up from the bottom. */
  private void placeEndLabels() {
    endLabels.sort(Comparator.comparingDouble(EndLabel::y));
    double[] at = endLabels.stream().mapToDouble(EndLabel::y).toArray();
    for (int i = 1; i < at.length; i++) {
      at[i] = Math.max(at[i], at[i - 1] + LABEL_HEIGHT);
    }
    double limit = BOTTOM;
    for (int i = at.length - 1; i >= 0; i--) {
      at[i] = Math.min(at[i], limit);
      limit = at[i] - LABEL_HEIGHT;
    }
    for (int i = 0; i < at.length; i++) {
      EndLabel label = endLabels.get(i);
      String style = sides.style(label.side());
      svg.add(line("leader " + style, x.to(), label.y(), x.to() + 10, at[i]));
      svg.add(text("name " + style, x.to() + 13, at[i] + 4.5, label.side()));
    }
    endLabels.clear();
  }

  static Element line(String style, double x1, double y1, double x2, double y2) {
    return Element.of("line")
        .with("class", style)
        .with("x1", x1)
        .with("y1", y1)
        .with("x2", x2)
        .with("y2", y2);
  }

  static Element text(String style, double x, double y, String text) {
    return Element.of("text", text).with("class", style).with("x", x).with("y", y);
  }

  private String point(double atX, double atY) {
    return Element.coordinate(x.at(atX)) + "," + Element.coordinate(y.at(atY));
  }
}
