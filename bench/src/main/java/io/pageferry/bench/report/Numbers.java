package io.pageferry.bench.report;

import io.pageferry.bench.result.Bar;
import io.pageferry.bench.result.Spread;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/**
 * Numbers as people read them: three digits that count, thousands apart, millions as such.
 * Stateless.
 */
final class Numbers {
  private static final MathContext THREE_DIGITS = new MathContext(3, RoundingMode.HALF_UP);
  private static final double WHOLE = 1000;
  private static final double MILLION = 1e6;

  private Numbers() {}

  /** A number; a dash for one that is none. */
  static String of(double value) {
    if (Double.isNaN(value)) {
      return "–";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "∞" : "-∞";
    }
    if (Math.abs(value) >= MILLION) {
      return of(value / MILLION) + " M";
    }
    if (Math.abs(value) >= WHOLE || value == Math.rint(value)) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    return new BigDecimal(value).round(THREE_DIGITS).stripTrailingZeros().toPlainString();
  }

  /** A number and its unit. */
  static String of(double value, String unit) {
    return unit.isEmpty() ? of(value) : of(value) + " " + unit;
  }

  /** Least and most of a spread, in brackets; empty of a single run. */
  static String range(Spread spread) {
    return spread.runs() == 1 ? "" : "[" + of(spread.least()) + "–" + of(spread.most()) + "]";
  }

  /** The sign of a relation. */
  static String sign(Bar.Relation relation) {
    return switch (relation) {
      case AT_MOST -> "≤";
      case AT_LEAST -> "≥";
    };
  }
}
