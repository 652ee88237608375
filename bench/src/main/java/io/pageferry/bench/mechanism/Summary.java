package io.pageferry.bench.mechanism;

import io.pageferry.proto.v1.Distribution;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * All runs of one cell: the median of each figure over the rounds, with the smallest and largest.
 */
record Summary(Cell cell, List<CellResult> runs) {
  /** Faults from which on the 99.9th percentile is told. */
  static final long ENOUGH_FOR_P999 = 10_000;

  /** Groups runs by cell, in the order in which cells first came. */
  static List<Summary> of(List<CellResult> results) {
    Map<Cell, List<CellResult>> byCell = new LinkedHashMap<>();
    results.forEach(
        result -> byCell.computeIfAbsent(result.cell(), _ -> new ArrayList<>()).add(result));
    return byCell.entrySet().stream().map(e -> new Summary(e.getKey(), e.getValue())).toList();
  }

  double median(ToDoubleFunction<CellResult> figure) {
    double[] sorted = runs.stream().mapToDouble(figure).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  double least(ToDoubleFunction<CellResult> figure) {
    return runs.stream().mapToDouble(figure).min().orElse(0);
  }

  double greatest(ToDoubleFunction<CellResult> figure) {
    return runs.stream().mapToDouble(figure).max().orElse(0);
  }

  /** Faults of the round with the fewest. */
  long fewestFaults() {
    return runs.stream().map(CellResult::faults).min(Comparator.naturalOrder()).orElse(0L);
  }

  static double p50(Distribution latency) {
    return latency.getP50() / 1e3;
  }
}
