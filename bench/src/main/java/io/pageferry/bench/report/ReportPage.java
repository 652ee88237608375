package io.pageferry.bench.report;

import io.pageferry.bench.result.Bar;
import io.pageferry.bench.result.Experiment;
import io.pageferry.bench.result.Figure;
import io.pageferry.cli.view.Units;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A report as one HTML page that needs nothing else: style and drawings are in it, and it has no
 * script. Stateless.
 */
final class ReportPage {
  private static final DateTimeFormatter WHEN =
      DateTimeFormatter.ofPattern("d MMMM uuuu, HH:mm 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private ReportPage() {}

  /** The page's text, which is well-formed XML too. */
  static String of(Report report) {
    Element main = Element.of("main");
    main.add(header(report)).add(bars(report));
    report.experiments().forEach(experiment -> main.add(experiment(report, experiment)));
    main.add(sitting(report));
    Element head =
        Element.of("head")
            .add(Element.of("meta").with("charset", "utf-8"))
            .add(
                Element.of("meta")
                    .with("name", "viewport")
                    .with("content", "width=device-width, initial-scale=1"))
            .add(Element.of("meta").with("name", "color-scheme").with("content", "light dark"))
            .add(Element.of("title", "PageFerry benchmarks, " + when(report.when())))
            .add(Element.of("style", style()));
    return "<!DOCTYPE html>\n"
        + Element.of("html")
            .with("xmlns", "http://www.w3.org/1999/xhtml")
            .with("lang", "en")
            .add(head)
            .add(Element.of("body").add(main));
  }

  /** The style sheet; it holds nothing that XML would have to escape. */
  private static String style() {
    try (InputStream sheet = ReportPage.class.getResourceAsStream("report.css")) {
      return new String(
          Objects.requireNonNull(sheet, "report.css is packaged").readAllBytes(),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String when(Instant instant) {
    return WHEN.format(instant);
  }

  private static Element header(Report report) {
    Element header =
        Element.of("header")
            .add(Element.of("h1", "PageFerry benchmarks"))
            .add(
                Element.of("p", when(report.when()) + " · " + report.host().processor() + ", ")
                    .with("class", "when")
                    .text(report.host().cores() + " cores · medians of " + runs(report)));
    Element contents = Element.of("nav");
    for (Experiment experiment : report.experiments()) {
      contents.add(
          Element.of("a", experiment.title()).with("href", "#" + anchor(report, experiment)));
    }
    return header.add(contents);
  }

  private static String runs(Report report) {
    int runs = report.runs().size();
    return runs == 1 ? "1 run" : Numbers.of(runs) + " runs";
  }

  /** Ids of experiments may hold anything; their numbers do as anchors. */
  private static String anchor(Report report, Experiment experiment) {
    return "experiment-" + (report.experiments().indexOf(experiment) + 1);
  }

  private static Element bars(Report report) {
    Element section = Element.of("section").with("class", "bars");
    long met = report.barsMet();
    int all = report.bars().size();
    section.add(
        Element.of("h2", "Bars ")
            .add(
                Element.of("span", "%d of %d met".formatted(met, all))
                    .with("class", met == all ? "sum met" : "sum missed")));
    Element table = Element.of("table").add(head(List.of("", "promise", "figure", "bar")));
    Element body = Element.of("tbody");
    for (Bar bar : report.bars()) {
      Element verdict =
          Element.of("span", bar.met() ? "✓ met" : "✗ not met")
              .with("class", bar.met() ? "verdict met" : "verdict missed");
      Element what = Element.of("td", bar.what());
      if (!bar.detail().isEmpty()) {
        what.add(Element.of("div", bar.detail()).with("class", "detail"));
      }
      body.add(
          Element.of("tr")
              .with("id", "bar-" + bar.id())
              .add(Element.of("td").add(verdict))
              .add(what)
              .add(Element.of("td", Numbers.of(bar.figure())).with("class", "number strong"))
              .add(
                  Element.of("td", Numbers.sign(bar.relation()) + " " + Numbers.of(bar.target()))
                      .with("class", "number")));
    }
    section.add(scrolling(table.add(body)));
    for (String remark : report.remarks()) {
      section.add(Element.of("p", remark).with("class", "remark"));
    }
    return section;
  }

  private static Element experiment(Report report, Experiment experiment) {
    Element section = Element.of("section").with("id", anchor(report, experiment));
    section.add(Element.of("h2", experiment.title()));
    if (!experiment.sentence().isEmpty()) {
      section.add(Element.of("p", experiment.sentence()).with("class", "sentence"));
    }
    section.add(scrolling(table(report, experiment)));
    Element plots = Element.of("div").with("class", "plots");
    List<Element> all = new Plots(report, experiment).all();
    all.forEach(plots::add);
    return all.isEmpty() ? section : section.add(plots);
  }

  private static Element table(Report report, Experiment experiment) {
    List<String> shown = report.sides(experiment);
    Sides sides = new Sides(report.sides());
    Element heads = Element.of("tr").add(Element.of("th", "median [least–most]"));
    for (String side : shown) {
      int runs = report.runs(experiment, side).size();
      heads.add(
          Element.of("th")
              .with("class", "number")
              .add(Element.of("span", side).with("class", "side " + sides.style(side)))
              .add(
                  Element.of("div", runs == 1 ? "1 run" : runs + " runs").with("class", "detail")));
    }
    Element body = Element.of("tbody");
    for (Figure figure : report.figures(experiment)) {
      Element label = Element.of("th", figure.title() + " ").with("scope", "row");
      body.add(row(report, experiment, shown, figure, label.add(unit(figure))));
    }
    return Element.of("table")
        .with("class", "figures")
        .add(Element.of("thead").add(heads))
        .add(body);
  }

  private static Element row(
      Report report, Experiment experiment, List<String> sides, Figure figure, Element label) {
    Element row = Element.of("tr").add(label);
    for (String side : sides) {
      Element cell = Element.of("td").with("class", "number");
      report
          .spread(experiment, side, figure)
          .ifPresentOrElse(
              spread ->
                  cell.add(Element.of("strong", Numbers.of(spread.median())))
                      .text(" ")
                      .add(Element.of("span", Numbers.range(spread)).with("class", "range")),
              () -> cell.add(Element.of("span", "–").with("class", "range")));
      row.add(cell);
    }
    return row;
  }

  private static Element unit(Figure figure) {
    return Element.of("span", figure.unit()).with("class", "unit");
  }

  private static Element sitting(Report report) {
    Host host = report.host();
    Element facts = Element.of("dl");
    fact(facts, "processor", host.cores() + " × " + host.processor());
    fact(facts, "memory", Units.bytes(host.memoryBytes()));
    fact(facts, "kernel", host.kernel());
    fact(facts, "JVM", host.jvm());
    fact(facts, "TCP congestion control", host.congestionControl());
    report.settings().forEach((name, value) -> fact(facts, name, value));
    return Element.of("section")
        .with("class", "sitting")
        .add(Element.of("h2", "Where and how"))
        .add(facts);
  }

  private static void fact(Element facts, String name, String value) {
    facts.add(Element.of("div").add(Element.of("dt", name)).add(Element.of("dd", value)));
  }

  private static Element head(List<String> titles) {
    Element row = Element.of("tr");
    for (String title : titles) {
      Element cell = Element.of("th", title);
      row.add(title.equals("figure") || title.equals("bar") ? cell.with("class", "number") : cell);
    }
    return Element.of("thead").add(row);
  }

  /** On a narrow page a table scrolls, and the page does not. */
  private static Element scrolling(Element table) {
    return Element.of("div").with("class", "scrolling").add(table);
  }
}
