package io.pageferry.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class LatencyCountsTest {
  private static final long SEED = 20_251_126;

  private static LatencyCounts counts(long... nanos) {
    LatencyHistogram histogram = new LatencyHistogram();
    Arrays.stream(nanos).forEach(histogram::record);
    LatencyCounts counts = new LatencyCounts();
    counts.add(histogram);
    return counts;
  }

  @Test
  void everyDurationFallsIntoABucketThatReachesToItAndIsAtMostAFortiethWide() {
    Random random = new Random(SEED);
    for (int i = 0; i < 100_000; i++) {
      long nanos = (long) Math.exp(random.nextDouble() * Math.log(1e12));
      int bucket = LatencyBuckets.of(nanos);
      long upper = LatencyBuckets.upperNanos(bucket);
      assertThat(upper).as("%d ns, seed %d", nanos, SEED).isGreaterThanOrEqualTo(nanos);
      if (bucket > 0) {
        long lower = LatencyBuckets.upperNanos(bucket - 1);
        assertThat(lower).as("%d ns, seed %d", nanos, SEED).isLessThan(nanos);
        assertThat((upper - lower) * 40).isLessThanOrEqualTo(upper);
      }
    }
  }

  @Test
  void bucketsFollowOneAnotherWithoutAGap() {
    for (int bucket = 1; bucket < LatencyBuckets.COUNT; bucket++) {
      assertThat(LatencyBuckets.of(LatencyBuckets.upperNanos(bucket))).isEqualTo(bucket);
      assertThat(LatencyBuckets.of(LatencyBuckets.upperNanos(bucket - 1) + 1)).isEqualTo(bucket);
    }
  }

  @Test
  void aDurationAtAnEdgeCountsBelowIt() {
    long[] edges = {5_000, 10_000, 20_000};
    assertThat(counts(0, 5_000, 5_001, 10_000, 20_001, Long.MAX_VALUE).between(edges))
        .containsExactly(2, 2, 0, 2);
  }

  @Test
  void percentilesAreWithinThirteenThousandths() {
    Random random = new Random(SEED);
    long[] nanos = random.longs(50_000, 200, 100_000_000).toArray();
    LatencyCounts counts = counts(nanos);
    Arrays.sort(nanos);
    for (double percent : new double[] {1, 50, 90, 99, 99.9}) {
      long exact = nanos[(int) Math.ceil(percent / 100 * nanos.length) - 1];
      assertThat(counts.percentileNanos(percent))
          .as("p%s, seed %d", percent, SEED)
          .isCloseTo(exact, Percentage.withPercentage(1.3));
    }
  }

  @Test
  void countSumLeastAndGreatestAreExactAndAddUpOverThreads() {
    LatencyCounts sum = counts(7, 11_003, 5);
    sum.add(counts(1_000_000_007));
    sum.add(counts());
    assertThat(sum.count()).isEqualTo(4);
    assertThat(sum.sumNanos()).isEqualTo(1_000_011_022);
    assertThat(sum.leastNanos()).isEqualTo(5);
    assertThat(sum.greatestNanos()).isEqualTo(1_000_000_007);
    assertThat(sum.percentileNanos(100)).isCloseTo(1_000_000_007, within(13_000_000L));
    assertThat(sum.meanNanos()).isEqualTo(1_000_011_022 / 4.0);
  }

  @Test
  void whatCameSinceAReadingIsTheDifferenceOfTwo() {
    LatencyHistogram histogram = new LatencyHistogram();
    histogram.record(1_000);
    LatencyCounts before = new LatencyCounts();
    before.add(histogram);
    histogram.record(50_000);
    histogram.record(70_000);
    LatencyCounts after = new LatencyCounts();
    after.add(histogram);

    LatencyCounts between = after.since(before);

    assertThat(between.count()).isEqualTo(2);
    assertThat(between.sumNanos()).isEqualTo(120_000);
    assertThat(between.leastNanos()).isCloseTo(50_000, Percentage.withPercentage(1.3));
    assertThat(between.percentileNanos(100)).isCloseTo(70_000, Percentage.withPercentage(1.3));
  }

  @Test
  void withoutADurationEverythingIsZero() {
    LatencyCounts none = counts();
    assertThat(none.count()).isZero();
    assertThat(none.leastNanos()).isZero();
    assertThat(none.greatestNanos()).isZero();
    assertThat(none.meanNanos()).isZero();
    assertThat(none.percentileNanos(99)).isZero();
  }
}
