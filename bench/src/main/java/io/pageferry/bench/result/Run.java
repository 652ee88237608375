package io.pageferry.bench.result;

import java.util.List;
import java.util.Map;

/**
 * What one side measured in one run of one experiment. A run whose memory did not come out right is
 * an error, never a run.
 *
 * @param experiment which experiment, in a word or two, for instance {@code random-drain}
 * @param side who ran, for instance {@code pageferry} or {@code qemu-preempt}
 * @param figures what it measured
 * @param curves what can be plotted of it
 */
public record Run(String experiment, String side, Map<Figure, Double> figures, List<Curve> curves) {
  /** Copies its parts. */
  public Run {
    figures = Map.copyOf(figures);
    curves = List.copyOf(curves);
  }

  /**
   * One figure.
   *
   * @throws IllegalStateException if the run has not measured it
   */
  public double figure(Figure figure) {
    Double value = figures.get(figure);
    if (value == null) {
      throw new IllegalStateException(
          "A run of " + experiment + " by " + side + " has no " + figure.title() + ".");
    }
    return value;
  }
}
