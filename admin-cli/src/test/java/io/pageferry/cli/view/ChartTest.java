package io.pageferry.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ChartTest {
  @Test
  void theHighestValueReachesTheTopAndTheNewestIsTheLast() {
    assertThat(Chart.draw(List.of(1.0, 2.0, 4.0, 8.0), 6, 1)).containsExactly("▁▂▄█  ");
  }

  @Test
  void aHigherChartHasFinerSteps() {
    assertThat(Chart.draw(List.of(1.0, 9.0, 16.0), 3, 2)).containsExactly(" ▁█", "▁██");
  }

  @Test
  void onlyTheLatestValuesThatFitCount() {
    assertThat(Chart.draw(List.of(1000.0, 1.0, 2.0), 2, 1)).containsExactly("▄█");
  }

  @Test
  void aValueAboveZeroShowsHoweverSmallAndAGapStaysAGap() {
    assertThat(Chart.draw(List.of(0.001, Double.NaN, 0.0, 1000.0), 4, 1)).containsExactly("▁  █");
  }

  @Test
  void withoutAValueThereIsAnEmptyLine() {
    assertThat(Chart.draw(List.of(), 3, 2)).containsExactly("   ", "   ");
  }
}
