package io.pageferry.bench.qemu;

import io.pageferry.bench.result.Curve;
import java.util.ArrayList;
import java.util.List;

/** How many touches a guest had done at some moments. Used by one thread. */
final class TouchSamples {
  private final List<Sample> samples = new ArrayList<>();

  private record Sample(long nanos, long touches) {}

  /** Adds a later moment, by {@link System#nanoTime}. */
  void add(long nanos, long touches) {
    samples.add(new Sample(nanos, touches));
  }

  /** Whether there is no moment. */
  boolean isEmpty() {
    return samples.isEmpty();
  }

  /** Adds later moments. */
  void addAll(TouchSamples later) {
    samples.addAll(later.samples);
  }

  /**
   * The rate between each two moments, in the middle between them.
   *
   * @param originNanos where x begins
   * @param touchesPerSecond the rate that counts as 1
   */
  Curve curve(long originNanos, double touchesPerSecond) {
    List<Curve.Point> points = new ArrayList<>();
    for (int i = 1; i < samples.size(); i++) {
      Sample from = samples.get(i - 1);
      Sample to = samples.get(i);
      double seconds = (to.nanos - from.nanos) / 1e9;
      double middle = (from.nanos - originNanos) / 1e6 + seconds * 1e3 / 2;
      points.add(new Curve.Point(middle, (to.touches - from.touches) / seconds / touchesPerSecond));
    }
    return new Curve(Curve.Kind.PROGRESS, points);
  }
}
