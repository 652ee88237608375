package io.pageferry.dest;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.proto.v1.FaultLatency;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class RecentFaultsTest {
  private static final long SECOND = 1_000_000_000;

  private final Histogram all = new Histogram(3600 * SECOND, 2);
  private final RecentFaults recent = new RecentFaults(0, all.copy());

  private FaultLatency at(long nanos) {
    FaultLatency.Builder message = FaultLatency.newBuilder();
    recent.addTo(message, all.copy(), nanos);
    return message.build();
  }

  @Test
  void faultsOlderThanASecondNoLongerCount() {
    all.recordValueWithCount(5_000_000, 10);
    assertThat(at(SECOND / 2).getRecent().getCount()).isEqualTo(10);
    all.recordValueWithCount(1_000, 4);
    assertThat(at(SECOND).getRecent().getCount()).isEqualTo(14);
    FaultLatency later = at(2 * SECOND);
    assertThat(later.getRecent().getCount()).isZero();
    assertThat(later.getRecentWindowNanos()).isEqualTo(SECOND);
  }

  @Test
  void theRecentOnesHaveADistributionOfTheirOwn() {
    all.recordValueWithCount(50_000_000, 1000);
    var _ = at(SECOND);
    all.recordValueWithCount(1_000, 3);
    FaultLatency now = at(2 * SECOND);
    assertThat(now.getRecent().getCount()).isEqualTo(3);
    assertThat(now.getRecent().getMax()).isBetween(1_000L, 1_010L);
    assertThat(now.getRecent().getP99()).isBetween(1_000L, 1_010L);
  }

  @Test
  void whoAsksRarelyGetsAllSinceTheLastTime() {
    var _ = at(SECOND);
    all.recordValueWithCount(1_000, 7);
    FaultLatency now = at(9 * SECOND);
    assertThat(now.getRecent().getCount()).isEqualTo(7);
    assertThat(now.getRecentWindowNanos()).isEqualTo(8 * SECOND);
  }

  @Test
  void askingAllTheTimeKeepsTheWindowAtAboutASecond() {
    for (long nanos = 0; nanos < 5 * SECOND; nanos += SECOND / 100) {
      all.recordValue(1_000);
      FaultLatency now = at(nanos);
      assertThat(now.getRecentWindowNanos()).isLessThanOrEqualTo(SECOND * 13 / 10);
      assertThat(now.getRecent().getCount()).isLessThanOrEqualTo(131);
    }
  }
}
