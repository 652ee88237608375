package io.pageferry.bench.result;

import io.pageferry.bench.result.Curve.Point;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * A side's curves of one kind, one of each run, made one line with a band around it: the median
 * over the runs at every position, and their extremes.
 *
 * @param side whose
 * @param bands in order of position
 */
public record CurveBundle(String side, List<Band> bands) {
  private static final int POSITIONS = 240;

  /** What the runs say at one position. */
  public record Band(double position, Spread spread) {}

  /** Where a share lies on an axis that gives every further nine the same room. */
  public static double position(double share) {
    return -Math.log10(1 - share);
  }

  /** Values at the shares between two, which are less than 1. */
  public static Optional<CurveBundle> ofPercentiles(
      String side, List<Curve> curves, double firstShare, double lastShare) {
    return bundle(
        side,
        curves,
        position(firstShare),
        position(lastShare),
        position -> curve -> valueAtShare(curve, 1 - Math.pow(10, -position)));
  }

  /** Values over x, from 0 to where the longest curve ends. */
  public static Optional<CurveBundle> ofProgress(String side, List<Curve> curves) {
    double last =
        curves.stream()
            .filter(curve -> !curve.points().isEmpty())
            .mapToDouble(curve -> curve.points().getLast().x())
            .max()
            .orElse(0);
    return bundle(side, curves, 0, last, x -> curve -> valueAt(curve, x));
  }

  /** Whether there is nothing between least and most. */
  public boolean isOfOneRun() {
    return bands.stream().allMatch(band -> band.spread().runs() == 1);
  }

  private static Optional<CurveBundle> bundle(
      String side,
      List<Curve> curves,
      double first,
      double last,
      Function<Double, Function<Curve, OptionalDouble>> at) {
    List<Band> bands = new ArrayList<>();
    for (int i = 0; i <= POSITIONS; i++) {
      double position = first + (last - first) * i / POSITIONS;
      List<Double> values = new ArrayList<>();
      for (Curve curve : curves) {
        OptionalDouble value = at.apply(position).apply(curve);
        if (value.isPresent() && Double.isFinite(value.getAsDouble())) {
          values.add(value.getAsDouble());
        }
      }
      // A line of few runs among many would jump where one of them ends.
      if (values.size() * 2 > curves.size()) {
        bands.add(new Band(position, Spread.of(values)));
      }
    }
    return bands.size() < 2 ? Optional.empty() : Optional.of(new CurveBundle(side, bands));
  }

  /** The x at which a distribution reaches a share; its last one if it never does. */
  static OptionalDouble valueAtShare(Curve curve, double share) {
    List<Point> points = curve.points();
    if (points.isEmpty()) {
      return OptionalDouble.empty();
    }
    for (int i = 0; i < points.size(); i++) {
      Point here = points.get(i);
      if (here.y() >= share) {
        return OptionalDouble.of(i == 0 ? here.x() : between(points.get(i - 1), here, share));
      }
    }
    return OptionalDouble.of(points.getLast().x());
  }

  private static double between(Point before, Point after, double share) {
    double part = (share - before.y()) / (after.y() - before.y());
    return before.x() + part * (after.x() - before.x());
  }

  /** The y at an x, on a straight line between its neighbours; empty outside of the curve. */
  static OptionalDouble valueAt(Curve curve, double x) {
    double[] xs = curve.points().stream().mapToDouble(Point::x).toArray();
    int found = Arrays.binarySearch(xs, x);
    if (found >= 0) {
      return OptionalDouble.of(curve.points().get(found).y());
    }
    int next = -found - 1;
    if (next == 0 || next == xs.length) {
      return OptionalDouble.empty();
    }
    Point before = curve.points().get(next - 1);
    Point after = curve.points().get(next);
    double part = (x - before.x()) / (after.x() - before.x());
    return OptionalDouble.of(before.y() + part * (after.y() - before.y()));
  }
}
