package io.pageferry.bench.result;

import java.util.Arrays;
import java.util.List;

/**
 * A figure over several runs.
 *
 * @param median the middle one; the mean of both middle ones if their number is even
 * @param least the least
 * @param most the most
 * @param runs how many runs measured it
 */
public record Spread(double median, double least, double most, int runs) {
  /**
   * Of values in any order.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Spread of(List<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("There is no median of no values.");
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1], sorted.length);
  }
}
