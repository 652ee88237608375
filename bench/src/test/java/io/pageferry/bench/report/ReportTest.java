package io.pageferry.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.bench.result.Bar;
import io.pageferry.bench.result.Experiment;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import io.pageferry.bench.result.Spread;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  @Test
  void theMedianOfAnOddNumberIsTheMiddleOne() {
    assertThat(Spread.of(List.of(9.0, 1.0, 4.0))).isEqualTo(new Spread(4, 1, 9, 3));
    assertThat(Spread.of(List.of(9.0))).isEqualTo(new Spread(9, 9, 9, 1));
  }

  @Test
  void theMedianOfAnEvenNumberIsTheMeanOfBothMiddleOnes() {
    assertThat(Spread.of(List.of(8.0, 1.0, 4.0, 3.0))).isEqualTo(new Spread(3.5, 1, 8, 4));
    assertThatThrownBy(() -> Spread.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aBarWhoseFigureIsNoNumberIsNotMet() {
    for (Bar.Relation relation : Bar.Relation.values()) {
      assertThat(new Bar("id", "what", Double.NaN, relation, 1, "").met()).isFalse();
      assertThat(new Bar("id", "what", 1, relation, 1, "").met()).isTrue();
    }
    assertThat(Sittings.full().barsMet()).isEqualTo(1);
  }

  @Test
  void sumsUpOnlyTheRunsThatMeasuredAFigure() {
    Report full = Sittings.full();
    Experiment drain = full.experiments().getFirst();
    assertThat(full.sides(drain)).containsExactly("pageferry", "qemu");
    assertThat(full.spread(drain, "pageferry", Figure.DOWNTIME_MILLIS))
        .hasValue(new Spread(4.5, 2.25, 6.75, 3));
    assertThat(full.spread(drain, "criu", Figure.DOWNTIME_MILLIS)).isEmpty();
  }

  @Test
  void anExperimentThatNobodyDescribedIsShownByItsName() {
    Report full = Sittings.full();
    Report report =
        new Report(
            full.when(),
            full.host(),
            Map.of(),
            List.of(),
            List.of(new Run("idle", "qemu", Map.of(Figure.FAULTS, 3.0), List.of())),
            List.of(),
            List.of());
    assertThat(report.experiments()).containsExactly(new Experiment("idle", "idle", ""));
    assertThat(report.figures(report.experiments().getFirst())).containsExactly(Figure.FAULTS);
  }

  @Test
  void thisHostTellsWhatItIs() {
    Host host = Host.current();
    assertThat(host.cores()).isPositive();
    assertThat(host.memoryBytes()).isGreaterThan(1 << 20);
    assertThat(host.kernel()).startsWith("Linux");
    assertThat(host.congestionControl()).isNotEmpty();
  }

  @Test
  void writesBothFiles(@TempDir Path directory) throws Exception {
    Sittings.full().write(directory.resolve("new"));
    assertThat(Files.readString(directory.resolve("new/report.json"))).startsWith("{");
    assertThat(Files.readString(directory.resolve("new/report.html")))
        .startsWith("<!DOCTYPE html>");
  }
}
