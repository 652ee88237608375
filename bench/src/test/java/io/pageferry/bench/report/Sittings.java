package io.pageferry.bench.report;

import io.pageferry.bench.result.Bar;
import io.pageferry.bench.result.Curve;
import io.pageferry.bench.result.Curve.Kind;
import io.pageferry.bench.result.Curve.Point;
import io.pageferry.bench.result.Experiment;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Made-up sittings. */
final class Sittings {
  /** Characters that HTML, XML and JSON treat in their own ways. */
  static final String AWKWARD = "a<b> & \"c\" 'd' \\ \u0001 ü </script> ]]>";

  private Sittings() {}

  /** Two sides, three runs each, every figure and kind of curve; one bar met and two not. */
  static Report full() {
    return new Report(
        Instant.parse("2026-11-26T03:40:00Z"),
        new Host(2, "A processor", "Linux 6", "A JVM", 24L << 30, "cubic"),
        Map.of("guest memory", "768 MiB"),
        List.of(new Experiment("drain", "While the drain runs", "Pages are touched.")),
        List.of(
            run("drain", "pageferry", 1),
            run("drain", "qemu", 10),
            run("drain", "pageferry", 3),
            run("drain", "qemu", 30),
            run("drain", "pageferry", 2),
            run("drain", "qemu", 20)),
        List.of(
            new Bar("less", "Takes less", 0.5, Bar.Relation.AT_MOST, 1, "1 of 2"),
            new Bar("more", "Does more", 0.5, Bar.Relation.AT_LEAST, 1, "1 of 2"),
            new Bar("none", "Was not measured", Double.NaN, Bar.Relation.AT_MOST, 1, "")),
        List.of("QEMU is not installed."));
  }

  /** Names and sentences of awkward characters everywhere. */
  static Report awkward() {
    return new Report(
        Instant.EPOCH,
        new Host(1, AWKWARD, AWKWARD, AWKWARD, 0, AWKWARD),
        Map.of(AWKWARD, AWKWARD),
        List.of(new Experiment("one", AWKWARD, AWKWARD)),
        List.of(run("one", AWKWARD, 1), run(AWKWARD, AWKWARD, 2)),
        List.of(new Bar(AWKWARD, AWKWARD, 1, Bar.Relation.AT_MOST, 2, AWKWARD)),
        List.of(AWKWARD));
  }

  /** A run of all figures, each its {@linkplain #value value} times a factor. */
  static Run run(String experiment, String side, double factor) {
    Map<Figure, Double> figures = new EnumMap<>(Figure.class);
    for (Figure figure : Figure.values()) {
      figures.put(figure, value(figure) * factor);
    }
    return new Run(
        experiment,
        side,
        figures,
        List.of(
            new Curve(
                Kind.LATENCY,
                List.of(new Point(10 * factor, 0), new Point(50 * factor, 0.5), new Point(900, 1))),
            new Curve(
                Kind.PROGRESS, List.of(new Point(0, 1), new Point(40, 0.1), new Point(600, 1))),
            new Curve(Kind.PAUSES, List.of(new Point(0.5, 0.5), new Point(2, 1)))));
  }

  /** A value that no other figure has. */
  static double value(Figure figure) {
    return List.of(Figure.values()).indexOf(figure) + 0.25;
  }
}
