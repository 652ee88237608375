package io.pageferry.bench.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Where values lie on an axis.
 *
 * @param least at its beginning
 * @param most at its end, more than the least
 * @param logarithmic whether equal distances are equal factors; then both ends are positive
 * @param from coordinate of the beginning
 * @param to coordinate of the end
 */
record Scale(double least, double most, boolean logarithmic, double from, double to) {
  private static final int TICKS = 7;
  private static final double[] STEPS = {1, 2, 5, 10};

  /** Below it a logarithmic axis has ticks at 2 and 5 as well. */
  private static final double FEW_DECADES = 2.5;

  /** From zero to a round number that is not less than a value. */
  static Scale fromZero(double most, double from, double to) {
    double step = step(most > 0 ? most : 1);
    double end = Math.ceil((most > 0 ? most : 1) / step - 1e-9) * step;
    return new Scale(0, end, false, from, to);
  }

  /** Between numbers of one digit, below and above what has to be shown. */
  static Scale logarithmic(double least, double most, double from, double to) {
    double low = Math.max(least, 1e-3);
    double high = Math.max(most, low * 1.01);
    double lowDecade = Math.pow(10, Math.floor(Math.log10(low)));
    double highDecade = Math.pow(10, Math.floor(Math.log10(high)));
    double bottom = lowDecade;
    double top = highDecade * 10;
    for (double digit : new double[] {2, 5}) {
      if (lowDecade * digit <= low) {
        bottom = lowDecade * digit;
      }
    }
    for (double digit : new double[] {5, 2, 1}) {
      if (highDecade * digit >= high) {
        top = highDecade * digit;
      }
    }
    return new Scale(bottom, top, true, from, to);
  }

  /** The coordinate of a value; what lies outside is put on the edge. */
  double at(double value) {
    double inside = Math.clamp(value, least, most);
    double part =
        logarithmic
            ? Math.log(inside / least) / Math.log(most / least)
            : (inside - least) / (most - least);
    return from + part * (to - from);
  }

  /** Round values along it. */
  List<Double> ticks() {
    return logarithmic ? logarithmicTicks() : linearTicks();
  }

  private List<Double> linearTicks() {
    double step = step(most);
    List<Double> ticks = new ArrayList<>();
    for (int i = 0; i * step <= most * (1 + 1e-9); i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  private List<Double> logarithmicTicks() {
    List<Double> ticks = new ArrayList<>();
    boolean wide = Math.log10(most / least) > FEW_DECADES;
    for (int exponent = (int) Math.floor(Math.log10(least) + 1e-9); ; exponent++) {
      for (double digit : wide ? new double[] {1} : new double[] {1, 2, 5}) {
        double tick = digit * Math.pow(10, exponent);
        if (tick > most * (1 + 1e-9)) {
          return ticks;
        }
        if (tick >= least * (1 - 1e-9)) {
          ticks.add(tick);
        }
      }
    }
  }

  private static double step(double most) {
    double decade = Math.pow(10, Math.floor(Math.log10(most / TICKS)));
    for (double digit : STEPS) {
      if (decade * digit * TICKS >= most * (1 - 1e-9)) {
        return decade * digit;
      }
    }
    return decade * 10;
  }
}
