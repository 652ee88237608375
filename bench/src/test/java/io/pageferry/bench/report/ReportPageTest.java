package io.pageferry.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.bench.result.Curve;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import java.io.StringReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ReportPageTest {
  @Test
  void isWellFormedAndNeedsNothingElse() throws Exception {
    String text = ReportPage.of(Sittings.full());
    Document page = parse(text);
    assertThat(page.getDocumentElement().getTagName()).isEqualTo("html");
    assertThat(text).doesNotContain("<script").doesNotContain("src=").doesNotContain("url(");
    assertThat(elements(page, "style").getFirst().getTextContent())
        .contains("prefers-color-scheme: dark");
  }

  @Test
  void showsWhatIsMetInWords() throws Exception {
    List<Element> rows = rows(parse(ReportPage.of(Sittings.full())), 0);
    assertThat(rows).hasSize(4);
    assertThat(rows.get(1).getTextContent()).contains("✓ met").contains("Takes less", "0.5", "≤ 1");
    assertThat(rows.get(2).getTextContent()).contains("✗ not met").contains("≥ 1");
    assertThat(rows.get(3).getTextContent()).contains("✗ not met").contains("–");
  }

  @Test
  void losesNoFigure() throws Exception {
    List<Element> rows = rows(parse(ReportPage.of(Sittings.full())), 1);
    assertThat(rows).hasSize(1 + Figure.values().length);
    for (Figure figure : Figure.values()) {
      double base = Sittings.value(figure);
      assertThat(rows.get((int) (1 + base)).getTextContent())
          .startsWith(figure.title() + " " + figure.unit())
          .contains(Numbers.of(2 * base) + " [" + Numbers.of(base) + "–" + Numbers.of(3 * base))
          .contains(Numbers.of(20 * base) + " [");
    }
  }

  @Test
  void plotsEveryKindOfCurveWithEverySideInOneColour() throws Exception {
    Document page = parse(ReportPage.of(Sittings.full()));
    assertThat(elements(page, "figure")).hasSize(4);
    List<String> curves =
        elements(page, "polyline").stream().map(line -> line.getAttribute("class")).toList();
    assertThat(curves).hasSize(6).containsOnly("curve side-0", "curve side-1");
    List<String> bars =
        elements(page, "rect").stream().map(bar -> bar.getAttribute("class")).toList();
    assertThat(bars).containsExactly("bar side-0", "bar side-1");
    for (Element line : elements(page, "polyline")) {
      assertThat(line.getAttribute("points")).doesNotContain("NaN").doesNotContain("∞");
    }
  }

  @Test
  void escapesWhateverNamesHold() throws Exception {
    Document page = parse(ReportPage.of(Sittings.awkward()));
    String shown = Sittings.AWKWARD.replace('\u0001', '\uFFFD');
    assertThat(elements(page, "h2").stream().map(Element::getTextContent)).contains(shown);
    assertThat(elements(page, "text").stream().map(Element::getTextContent)).contains(shown);
  }

  @Test
  void showsASittingWithoutRunsAndFiguresThatAreNoNumbers() throws Exception {
    Report full = Sittings.full();
    Run odd =
        new Run(
            "odd",
            "side",
            Map.of(
                Figure.THROUGHPUT_MIB, Double.NaN, Figure.TOTAL_MILLIS, Double.POSITIVE_INFINITY),
            List.of(
                new Curve(Curve.Kind.LATENCY, List.of()),
                new Curve(
                    Curve.Kind.PAUSES,
                    List.of(new Curve.Point(Double.NaN, 0.6), new Curve.Point(0, 1))),
                new Curve(Curve.Kind.PROGRESS, List.of(new Curve.Point(0, 0)))));
    for (List<Run> runs : List.of(List.<Run>of(), List.of(odd))) {
      Report report =
          new Report(Instant.EPOCH, full.host(), Map.of(), List.of(), runs, List.of(), List.of());
      String text = ReportPage.of(report);
      assertThat(text).doesNotContain("NaN").doesNotContain("Infinity");
      assertThat(parse(text).getDocumentElement().getTextContent()).contains("0 of 0 met");
    }
  }

  private static Document parse(String text) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(text)));
  }

  /** Rows of the n-th table, its head among them. */
  private static List<Element> rows(Document page, int table) {
    return list(elements(page, "table").get(table).getElementsByTagName("tr"));
  }

  private static List<Element> elements(Document page, String name) {
    return list(page.getElementsByTagName(name));
  }

  private static List<Element> list(NodeList nodes) {
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }
}
