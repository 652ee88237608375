package io.pageferry.cli.view;

import java.util.ArrayList;
import java.util.List;

/** A series of values as columns of blocks, from the left; older ones make room. Stateless. */
public final class Chart {
  private static final String EIGHTHS = " ▁▂▃▄▅▆▇█";

  private Chart() {}

  /**
   * Lines from top to bottom, each {@code width} columns. The highest value that fits reaches the
   * top, a value above 0 at least shows; one that is not a number leaves a gap.
   */
  public static List<String> draw(List<Double> values, int width, int height) {
    List<Double> shown = latest(values, width);
    double highest = highest(shown);
    List<String> lines = new ArrayList<>();
    for (int row = height - 1; row >= 0; row--) {
      StringBuilder line = new StringBuilder();
      for (double value : shown) {
        int eighths = highest > 0 && value > 0 ? eighths(value / highest, height) : 0;
        line.append(EIGHTHS.charAt(Math.clamp(eighths - 8L * row, 0, 8)));
      }
      lines.add(Text.pad(line.toString(), width));
    }
    return lines;
  }

  /** The values that fit into a width. */
  public static List<Double> latest(List<Double> values, int width) {
    return values.subList(Math.max(0, values.size() - width), values.size());
  }

  /** The highest of some values; 0 if there is none. */
  public static double highest(List<Double> values) {
    return values.stream().mapToDouble(value -> value).filter(value -> value > 0).max().orElse(0);
  }

  private static int eighths(double share, int height) {
    return (int) Math.max(1, Math.round(share * 8 * height));
  }
}
