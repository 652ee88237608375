package io.pageferry.bench.report;

import io.pageferry.bench.result.Bar;
import io.pageferry.bench.result.Experiment;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import io.pageferry.bench.result.Spread;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A sitting of benchmarks: where, how, and what came of it. Immutable.
 *
 * @param when when it began
 * @param host where
 * @param settings what was chosen, by name, in the order to show it in
 * @param experiments what was done, in the order to show it in; of an experiment that is not among
 *     them, and has runs, the name is shown
 * @param runs in the order they were made in; sides are shown in the order of their first runs
 * @param bars promises held against the runs
 * @param remarks sentences that a reader has to know, for instance what was left out and why
 */
public record Report(
    Instant when,
    Host host,
    Map<String, String> settings,
    List<Experiment> experiments,
    List<Run> runs,
    List<Bar> bars,
    List<String> remarks) {
  /** Copies its parts. */
  public Report {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    experiments = withUndescribed(experiments, runs);
    runs = List.copyOf(runs);
    bars = List.copyOf(bars);
    remarks = List.copyOf(remarks);
  }

  private static List<Experiment> withUndescribed(List<Experiment> described, List<Run> runs) {
    List<Experiment> all = new ArrayList<>(described);
    for (Run run : runs) {
      if (all.stream().noneMatch(experiment -> experiment.id().equals(run.experiment()))) {
        all.add(new Experiment(run.experiment(), run.experiment(), ""));
      }
    }
    return List.copyOf(all);
  }

  /** All sides, in the order of their first runs. */
  public List<String> sides() {
    return runs.stream().map(Run::side).distinct().toList();
  }

  /** Sides that ran an experiment, in the order of {@link #sides()}. */
  public List<String> sides(Experiment experiment) {
    return sides().stream().filter(side -> !runs(experiment, side).isEmpty()).toList();
  }

  /** Runs of an experiment by a side. */
  public List<Run> runs(Experiment experiment, String side) {
    return runs.stream()
        .filter(run -> run.experiment().equals(experiment.id()) && run.side().equals(side))
        .toList();
  }

  /** Figures that any run of an experiment has measured, in their own order. */
  public List<Figure> figures(Experiment experiment) {
    return runs.stream()
        .filter(run -> run.experiment().equals(experiment.id()))
        .flatMap(run -> run.figures().keySet().stream())
        .distinct()
        .sorted()
        .toList();
  }

  /** A figure over all runs of a side that measured it; empty if none did. */
  public Optional<Spread> spread(Experiment experiment, String side, Figure figure) {
    List<Double> values = new ArrayList<>();
    for (Run run : runs(experiment, side)) {
      Double value = run.figures().get(figure);
      if (value != null) {
        values.add(value);
      }
    }
    return values.isEmpty() ? Optional.empty() : Optional.of(Spread.of(values));
  }

  /** How many bars are met. */
  public long barsMet() {
    return bars.stream().filter(Bar::met).count();
  }

  /**
   * Writes {@code report.json} and {@code report.html}.
   *
   * @param directory is made if it is missing
   */
  public void write(Path directory) throws IOException {
    var _ = Files.createDirectories(directory);
    var _ = Files.writeString(directory.resolve("report.json"), ReportJson.text(this));
    var _ = Files.writeString(directory.resolve("report.html"), ReportPage.of(this));
  }
}
