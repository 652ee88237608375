package io.pageferry.bench.report;

import java.util.List;

/**
 * Gives each side a colour and dashes that it keeps throughout a page.
 *
 * @param names in the order that decides
 */
record Sides(List<String> names) {
  /** How many the style sheet tells apart. */
  private static final int STYLES = 8;

  /** The class of a side in the style sheet. */
  String style(String side) {
    return "side-" + names.indexOf(side) % STYLES;
  }

  /** A sample of each side's line with its name. */
  Element legend(List<String> shown) {
    Element legend = Element.of("p").with("class", "legend");
    for (String side : shown) {
      legend.add(
          Element.of("span")
              .add(
                  Element.of("svg")
                      .with("xmlns", "http://www.w3.org/2000/svg")
                      .with("viewBox", "0 0 34 10")
                      .with("aria-hidden", "true")
                      .add(Plot.line("curve " + style(side), 1, 5, 33, 5)))
              .text(side));
    }
    return legend;
  }
}
