package io.pageferry.bench.result;

import java.util.List;

/**
 * A line of a plot.
 *
 * @param kind which plot it belongs to
 * @param points in order of x
 */
public record Curve(Kind kind, List<Point> points) {
  /** A plot's axes. */
  public enum Kind {
    /** x: microseconds of a fault or stall; y: share of those that took no longer, 0 to 1. */
    LATENCY,
    /** x: milliseconds since the migrate command; y: guest work a second, relative to before. */
    PROGRESS,
    /** x: milliseconds of a collection pause; y: share of those that took no longer, 0 to 1. */
    PAUSES
  }

  /** A point of it. */
  public record Point(double x, double y) {}

  /** Copies the points. */
  public Curve {
    points = List.copyOf(points);
  }
}
