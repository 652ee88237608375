package io.pageferry.guest.synthetic;

import io.pageferry.guest.MachineSpec;

/**
 * Chooses the pages that a synthetic vCPU touches, one after another, from O(1) state: no table
 * grows with memory. Used by one thread.
 */
final class PagePattern {
  /** Share of accesses that a working set keeps within its window. */
  static final double WINDOW_HIT_RATIO = 0.95;

  /** A window is this fraction of memory... */
  static final int WINDOW_FRACTION = 16;

  /** ...and moves on by one page after this many accesses. */
  static final int ACCESSES_PER_STEP = 8;

  private static final double ZIPF_EXPONENT = 0.99;

  private final MachineSpec.Pattern pattern;
  private final long pages;
  private final SplitMix random;
  private final Zipf zipf;
  private final PagePermutation permutation;
  private final long windowPages;

  /** Where sequential order goes on, or the number of accesses to the working set. */
  private long position;

  /**
   * Chooses among {@code pages} pages; which of them are popular follows from {@code seed}, the
   * choices from {@code random}.
   */
  PagePattern(MachineSpec.Pattern pattern, long pages, long seed, long start, SplitMix random) {
    this.pattern = pattern;
    this.pages = pages;
    this.random = random;
    this.zipf = new Zipf(pages, ZIPF_EXPONENT);
    this.permutation = new PagePermutation(pages, seed);
    this.windowPages = Math.max(1, pages / WINDOW_FRACTION);
    this.position = pattern == MachineSpec.Pattern.SEQUENTIAL ? start % pages : 0;
  }

  /** The next page. */
  long next() {
    return switch (pattern) {
      case SEQUENTIAL -> sequential();
      case UNIFORM -> random.below(pages);
      case ZIPFIAN -> permutation.apply(zipf.rank(random.unit()));
      case WORKING_SET -> workingSet();
    };
  }

  private long sequential() {
    long page = position;
    position = page + 1 == pages ? 0 : page + 1;
    return page;
  }

  private long workingSet() {
    long windowStart = position++ / ACCESSES_PER_STEP % pages;
    if (random.unit() >= WINDOW_HIT_RATIO) {
      return random.below(pages);
    }
    long page = windowStart + random.below(windowPages);
    return page >= pages ? page - pages : page;
  }

  /** What {@link #restore} needs besides the random numbers' state. */
  long position() {
    return position;
  }

  /** Goes on from a position. */
  void restore(long saved) {
    position = saved;
  }

  /**
   * Ranks with probability proportional to {@code 1 / (rank + 1) ^ exponent}, by inverting the
   * integral that approximates their sum: constant time and no table.
   */
  record Zipf(long ranks, double exponent) {
    long rank(double uniform) {
      double power = 1 - exponent;
      double scale = Math.pow(ranks + 1.0, power) - 1;
      double rank = Math.pow(uniform * scale + 1, 1 / power) - 1;
      return Math.min(ranks - 1, Math.max(0, (long) rank));
    }
  }
}
