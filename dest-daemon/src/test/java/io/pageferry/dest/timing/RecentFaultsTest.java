package io.pageferry.dest.timing;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.proto.v1.FaultLatency;
import io.pageferry.telemetry.LatencyCounts;
import io.pageferry.telemetry.LatencyHistogram;
import org.junit.jupiter.api.Test;

class RecentFaultsTest {
  private static final long SECOND = 1_000_000_000;

  private final LatencyHistogram all = new LatencyHistogram();
  private final RecentFaults recent = new RecentFaults(0);

  private FaultLatency at(long nanos) {
    FaultLatency.Builder message = FaultLatency.newBuilder();
    LatencyCounts counts = new LatencyCounts();
    counts.add(all);
    recent.addTo(message, counts, nanos);
    return message.build();
  }

  private void record(long nanos, int times) {
    for (int i = 0; i < times; i++) {
      all.record(nanos);
    }
  }

  @Test
  void faultsOlderThanASecondNoLongerCount() {
    record(5_000_000, 10);
    assertThat(at(SECOND / 2).getRecent().getCount()).isEqualTo(10);
    record(1_000, 4);
    assertThat(at(SECOND).getRecent().getCount()).isEqualTo(14);
    FaultLatency later = at(2 * SECOND);
    assertThat(later.getRecent().getCount()).isZero();
    assertThat(later.getRecentWindowNanos()).isEqualTo(SECOND);
  }

  @Test
  void theRecentOnesHaveADistributionOfTheirOwn() {
    record(50_000_000, 1000);
    var _ = at(SECOND);
    record(1_000, 3);
    FaultLatency now = at(2 * SECOND);
    assertThat(now.getRecent().getCount()).isEqualTo(3);
    assertThat(now.getRecent().getMax()).isBetween(985L, 1_010L);
    assertThat(now.getRecent().getP99()).isBetween(985L, 1_010L);
  }

  @Test
  void whoAsksRarelyGetsAllSinceTheLastTime() {
    var _ = at(SECOND);
    record(1_000, 7);
    FaultLatency now = at(9 * SECOND);
    assertThat(now.getRecent().getCount()).isEqualTo(7);
    assertThat(now.getRecentWindowNanos()).isEqualTo(8 * SECOND);
  }

  @Test
  void askingAllTheTimeKeepsTheWindowAtAboutASecond() {
    for (long nanos = 0; nanos < 5 * SECOND; nanos += SECOND / 100) {
      all.record(1_000);
      FaultLatency now = at(nanos);
      assertThat(now.getRecentWindowNanos()).isLessThanOrEqualTo(SECOND * 13 / 10);
      assertThat(now.getRecent().getCount()).isLessThanOrEqualTo(131);
    }
  }
}
