package io.pageferry.bench.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.pageferry.bench.result.Curve.Kind;
import io.pageferry.bench.result.Curve.Point;
import java.util.List;
import org.junit.jupiter.api.Test;

class CurveBundleTest {
  private static final Curve SLOW = latency(10, 20);
  private static final Curve FAST = latency(2, 4);

  @Test
  void findsTheValueAtAShareBetweenPoints() {
    assertThat(CurveBundle.valueAtShare(SLOW, 0.25).orElseThrow()).isEqualTo(5);
    assertThat(CurveBundle.valueAtShare(SLOW, 0.75).orElseThrow()).isEqualTo(15);
    assertThat(CurveBundle.valueAtShare(SLOW, 1).orElseThrow()).isEqualTo(20);
  }

  @Test
  void givesEveryPercentileTheMedianOfTheRuns() {
    CurveBundle bundle =
        CurveBundle.ofPercentiles("side", List.of(SLOW, FAST, FAST), 0.5, 0.99).orElseThrow();
    assertThat(bundle.bands().getFirst().spread()).isEqualTo(new Spread(2, 2, 10, 3));
    assertThat(bundle.bands().getLast().position()).isCloseTo(2, within(1e-9));
    assertThat(bundle.bands().getLast().spread().most()).isCloseTo(19.8, within(1e-6));
  }

  @Test
  void progressEndsWhereMostRunsHaveEnded() {
    CurveBundle bundle =
        CurveBundle.ofProgress("side", List.of(progress(1_000), progress(400), progress(600)))
            .orElseThrow();
    assertThat(bundle.bands().getLast().position()).isCloseTo(600, within(5.0));
    assertThat(bundle.bands().getLast().spread().runs()).isEqualTo(2);
  }

  @Test
  void nothingIsMadeOfCurvesWithoutPoints() {
    assertThat(CurveBundle.ofProgress("side", List.of())).isEmpty();
    assertThat(CurveBundle.ofPercentiles("side", List.of(), 0.5, 0.9)).isEmpty();
    Curve empty = new Curve(Kind.PROGRESS, List.of());
    assertThat(CurveBundle.ofProgress("side", List.of(empty))).isEmpty();
  }

  private static Curve latency(double median, double most) {
    return new Curve(
        Kind.LATENCY, List.of(new Point(0, 0), new Point(median, 0.5), new Point(most, 1)));
  }

  private static Curve progress(double end) {
    return new Curve(Kind.PROGRESS, List.of(new Point(0, 1), new Point(end, 0.5)));
  }
}
