package io.pageferry.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ScaleTest {
  @Test
  void aLinearScaleEndsAtARoundNumber() {
    Scale scale = Scale.fromZero(1_140, 0, 600);
    assertThat(scale.most()).isEqualTo(1_200);
    assertThat(scale.ticks()).containsExactly(0.0, 200.0, 400.0, 600.0, 800.0, 1_000.0, 1_200.0);
    assertThat(scale.at(300)).isEqualTo(150);
    assertThat(scale.at(5_000)).isEqualTo(600);
  }

  @Test
  void aLogarithmicScaleEndsAtNumbersOfOneDigit() {
    Scale scale = Scale.logarithmic(90, 30_000, 100, 0);
    assertThat(scale.least()).isEqualTo(50);
    assertThat(scale.most()).isEqualTo(50_000);
    assertThat(scale.at(50)).isEqualTo(100);
    assertThat(scale.at(50_000)).isZero();
    assertThat(scale.ticks()).containsExactly(100.0, 1_000.0, 10_000.0);
  }

  @Test
  void ofFewDecadesShowsTicksBetweenThem() {
    assertThat(Scale.logarithmic(12, 80, 0, 1).ticks()).containsExactly(10.0, 20.0, 50.0, 100.0);
  }
}
