package io.pageferry.bench.qemu;

import java.util.Locale;

/**
 * In which order QEMU's guest touches the pages of its region: i becomes i × multiplier +
 * increment.
 */
public enum QemuWorkload {
  /** Not at all: it halts once its pages are filled in. */
  IDLE(1, 1),
  /** Pseudo-random, each page once in a pass. */
  RANDOM(1664525, 1013904223),
  /** By address. */
  SEQUENTIAL(1, 1);

  private final int multiplier;
  private final int increment;

  QemuWorkload(int multiplier, int increment) {
    this.multiplier = multiplier;
    this.increment = increment;
  }

  int multiplier() {
    return multiplier;
  }

  int increment() {
    return increment;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
