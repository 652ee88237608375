package io.pageferry.bench.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.pageferry.bench.result.Curve;
import org.junit.jupiter.api.Test;

class HistogramTest {
  /** As the guest does: four times the position of the highest bit, plus the two bits below. */
  private static int bucket(long ticks) {
    int highest = 63 - Long.numberOfLeadingZeros(ticks);
    return highest * 4 + (int) (ticks >> (highest - 2) & 3);
  }

  private static Histogram of(long... durations) {
    long[] counts = new long[Histogram.BUCKETS];
    for (long ticks : durations) {
      counts[bucket(ticks)]++;
    }
    return Histogram.of(counts);
  }

  @Test
  void aPercentileIsWithinAnEighthOfTheDuration() {
    for (long ticks : new long[] {4, 5, 100, 1000, 12345, 999_999, 0xffff_ffffL}) {
      assertThat(of(ticks).percentile(0.5))
          .isCloseTo((double) ticks, within(0.125 * (double) ticks));
    }
  }

  @Test
  void percentilesFollowTheSharesOfTheCounts() {
    long[] durations = new long[100];
    java.util.Arrays.fill(durations, 0, 98, 1024);
    java.util.Arrays.fill(durations, 98, 100, 65536);
    Histogram histogram = of(durations);
    assertThat(histogram.percentile(0.5)).isEqualTo(1152);
    assertThat(histogram.percentile(0.98)).isEqualTo(1152);
    assertThat(histogram.percentile(0.99)).isEqualTo(73728);
  }

  @Test
  void anEmptyHistogramHasNoPercentile() {
    assertThat(of().percentile(0.5)).isNaN();
    assertThat(of().curve(1).points()).isEmpty();
  }

  @Test
  void whatIsShorterIsLeftOut() {
    Histogram stalls = of(1000, 10_000, 20_000).atLeast(5000);
    assertThat(stalls.count()).isEqualTo(2);
    assertThat(stalls.percentile(0)).isGreaterThan(5000);
  }

  @Test
  void whatWasCountedBeforeIsLeftOut() {
    Histogram later = of(1000, 1000, 50_000).since(of(1000));
    assertThat(later.count()).isEqualTo(2);
    assertThat(later.percentile(1)).isGreaterThan(40_000);
  }

  @Test
  void theCurveRisesToOneAtTheLongestDuration() {
    Curve curve = of(1024, 1024, 1024, 4096).curve(2);
    assertThat(curve.points())
        .containsExactly(new Curve.Point(640, 0.75), new Curve.Point(2560, 1));
  }

  @Test
  void anotherNumberOfBucketsIsRefused() {
    assertThatThrownBy(() -> Histogram.of(new long[127]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("127");
  }
}
