package io.pageferry.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.bench.result.Figure;
import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.Text;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTextTest {
  private final List<String> lines = ReportText.render(Sittings.full(), 80, Palette.PLAIN);

  @Test
  void showsBarsAndMedians() {
    assertThat(lines).anyMatch(line -> line.matches("met +0\\.5 +≤ 1  Takes less"));
    assertThat(lines).anyMatch(line -> line.matches("NOT MET +0\\.5 +≥ 1  Does more"));
    assertThat(lines).anyMatch(line -> line.matches("NOT MET +– +≤ 1  Was not measured"));
    assertThat(lines).contains("1 of 3 bars met", "QEMU is not installed.");
    assertThat(lines).anyMatch(line -> line.matches("downtime, ms +4\\.5 +45"));
  }

  @Test
  void losesNoFigure() {
    for (Figure figure : Figure.values()) {
      assertThat(lines).anyMatch(line -> line.startsWith(figure.title()));
    }
  }

  @Test
  void keepsToTheWidth() {
    for (boolean colours : new boolean[] {false, true}) {
      assertThat(ReportText.render(Sittings.full(), 72, new Palette(colours)))
          .allMatch(line -> Text.columns(line) <= 72);
    }
  }
}
