package io.pageferry.bench.report;

import io.pageferry.bench.result.Bar;
import io.pageferry.bench.result.Experiment;
import io.pageferry.bench.result.Figure;
import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.Text;
import java.util.ArrayList;
import java.util.List;

/** A report on a terminal: the bars, and every experiment's medians. Stateless. */
public final class ReportText {
  private static final int NUMBER = 10;
  private static final int VERDICT = 9;
  private static final int LEAST_WORDS = 24;
  private static final int GAP = 2;

  private ReportText() {}

  /**
   * The report in lines.
   *
   * @param width columns of the terminal; words go on in the next line, sides below each other
   */
  public static List<String> render(Report report, int width, Palette palette) {
    List<String> lines = new ArrayList<>(bars(report, width, palette));
    for (Experiment experiment : report.experiments()) {
      lines.add("");
      lines.addAll(experiment(report, experiment, width, palette));
    }
    if (!report.remarks().isEmpty()) {
      lines.add("");
    }
    for (String remark : report.remarks()) {
      Text.wrap(remark, width).forEach(line -> lines.add(palette.notice(line)));
    }
    return lines;
  }

  private static List<String> bars(Report report, int width, Palette palette) {
    List<String> lines = new ArrayList<>();
    lines.add(
        palette.dim(
            Text.pad("", VERDICT) + Text.right("figure", NUMBER) + Text.right("bar", NUMBER + 2)));
    int indent = VERDICT + NUMBER + NUMBER + 2 + GAP;
    int words = Math.max(LEAST_WORDS, width - indent);
    for (Bar bar : report.bars()) {
      String verdict = bar.met() ? palette.good("met") : palette.bad("NOT MET");
      String numbers =
          Text.right(Numbers.of(bar.figure()), NUMBER)
              + Text.right(
                  Numbers.sign(bar.relation()) + " " + Numbers.of(bar.target()), NUMBER + 2);
      List<String> what = Text.wrap(bar.what(), words);
      lines.add(Text.pad(verdict, VERDICT) + numbers + " ".repeat(GAP) + what.getFirst());
      what.stream().skip(1).forEach(rest -> lines.add(" ".repeat(indent) + rest));
      if (!bar.detail().isEmpty()) {
        Text.wrap(bar.detail(), words)
            .forEach(rest -> lines.add(" ".repeat(indent) + palette.dim(rest)));
      }
    }
    lines.add("");
    String sum = "%d of %d bars met".formatted(report.barsMet(), report.bars().size());
    lines.add(report.barsMet() == report.bars().size() ? palette.good(sum) : palette.bad(sum));
    return lines;
  }

  private static List<String> experiment(
      Report report, Experiment experiment, int width, Palette palette) {
    List<String> lines = new ArrayList<>();
    lines.add(palette.bold(experiment.title()));
    if (!experiment.sentence().isEmpty()) {
      Text.wrap(experiment.sentence(), width).forEach(line -> lines.add(palette.dim(line)));
    }
    List<String> sides = report.sides(experiment);
    int column =
        GAP + sides.stream().mapToInt(Text::columns).map(w -> Math.max(w, NUMBER)).max().orElse(0);
    int label =
        report.figures(experiment).stream().mapToInt(f -> label(f).length()).max().orElse(0);
    int together = Math.max(1, (width - label) / column);
    for (int first = 0; first < sides.size(); first += together) {
      List<String> shown = sides.subList(first, Math.min(sides.size(), first + together));
      StringBuilder head = new StringBuilder(Text.pad("", label));
      shown.forEach(side -> head.append(Text.right(side, column)));
      lines.add(palette.dim(head.toString()));
      for (Figure figure : report.figures(experiment)) {
        StringBuilder row = new StringBuilder(Text.pad(label(figure), label));
        shown.forEach(
            side -> row.append(Text.right(median(report, experiment, side, figure), column)));
        lines.add(row.toString().stripTrailing());
      }
    }
    return lines;
  }

  private static String label(Figure figure) {
    return figure.unit().isEmpty() ? figure.title() : figure.title() + ", " + figure.unit();
  }

  private static String median(Report report, Experiment experiment, String side, Figure figure) {
    return report
        .spread(experiment, side, figure)
        .map(spread -> Numbers.of(spread.median()))
        .orElse("");
  }
}
