package io.pageferry.bench.sitting;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.bench.result.Bar;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BarsTest {
  private static Run run(String experiment, String side, Figure figure, double value) {
    return new Run(experiment, side, Map.of(figure, value), List.of());
  }

  private static Bar bar(String id, List<Bars.AddedDelay> delays, Run... runs) {
    return Bars.of(List.of(runs), delays).stream()
        .filter(bar -> bar.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aRatioIsThatOfTheMedians() {
    Bar bar =
        bar(
            "stall-p50",
            List.of(),
            run(Experiments.RANDOM, "pageferry", Figure.STALL_P50_MICROS, 30),
            run(Experiments.RANDOM, "qemu-preempt", Figure.STALL_P50_MICROS, 200),
            run(Experiments.RANDOM, "pageferry", Figure.STALL_P50_MICROS, 1000),
            run(Experiments.RANDOM, "pageferry", Figure.STALL_P50_MICROS, 40));
    assertThat(bar.figure()).isEqualTo(0.2);
    assertThat(bar.met()).isTrue();
    assertThat(bar.detail()).contains("pageferry 40.0 [30.0–1,000] µs").contains("200");
  }

  @Test
  void aBarWithoutRunsIsNotMet() {
    List<Bar> bars = Bars.of(List.of(), List.of());
    assertThat(bars).isNotEmpty();
    assertThat(bars).noneMatch(Bar::met);
    assertThat(bars).extracting(Bar::id).doesNotHaveDuplicates();
  }

  @Test
  void totalTimeIsHeldAgainstTheFasterQemu() {
    Bar bar =
        bar(
            "total-time",
            List.of(),
            run(Experiments.RANDOM, "pageferry", Figure.TOTAL_MILLIS, 600),
            run(Experiments.RANDOM, "qemu", Figure.TOTAL_MILLIS, 800),
            run(Experiments.RANDOM, "qemu-preempt", Figure.TOTAL_MILLIS, 1000));
    assertThat(bar.figure()).isEqualTo(0.75);
    assertThat(bar.met()).isFalse();
  }

  @Test
  void anAddedRoundTripCountsAsItWasMeasured() {
    Bar bar =
        bar(
            "round-trip-30",
            List.of(new Bars.AddedDelay(Experiments.roundTrip(30), 80)),
            run(Experiments.roundTrip(30), "pageferry", Figure.FAULT_P50_MICROS, 110),
            run(Experiments.DEMAND, "pageferry", Figure.FAULT_P50_MICROS, 20));
    assertThat(bar.figure()).isEqualTo(1.1);
    assertThat(bar.met()).isTrue();
  }
}
