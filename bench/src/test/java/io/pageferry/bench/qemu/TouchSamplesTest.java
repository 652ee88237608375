package io.pageferry.bench.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.bench.result.Curve;
import org.junit.jupiter.api.Test;

class TouchSamplesTest {
  @Test
  void aPointIsTheRateBetweenTwoMomentsRelativeToBefore() {
    TouchSamples samples = new TouchSamples();
    samples.add(1_000_000, 0);
    samples.add(11_000_000, 10_000);
    samples.add(31_000_000, 10_500);
    Curve curve = samples.curve(1_000_000, 1_000_000);
    assertThat(curve.kind()).isEqualTo(Curve.Kind.PROGRESS);
    assertThat(curve.points()).containsExactly(new Curve.Point(5, 1), new Curve.Point(20, 0.025));
  }
}
