package io.pageferry.guest.synthetic;

/**
 * A seeded permutation of page numbers that needs no table: rounds of multiplication and shift over
 * the next power of two, repeated until the result is a page. Immutable; any thread.
 */
final class PagePermutation {
  private static final int ROUNDS = 3;

  private final long pages;
  private final long mask;
  private final int shift;
  private final long seed;

  PagePermutation(long pages, long seed) {
    this.pages = pages;
    int bits = Math.max(1, 64 - Long.numberOfLeadingZeros(pages - 1));
    this.mask = -1L >>> (64 - bits);
    this.shift = (bits + 1) / 2;
    this.seed = SplitMix.mix(seed);
  }

  /**
   * Where a page goes; fewer than two tries on average, as at least half of the range are pages.
   */
  long apply(long page) {
    long value = page;
    do {
      value = scramble(value);
    } while (value >= pages);
    return value;
  }

  /** A bijection of the numbers up to {@link #mask}: each step can be undone. */
  private long scramble(long value) {
    long x = value;
    for (int round = 0; round < ROUNDS; round++) {
      x = (x ^ (seed >>> round)) & mask;
      x = (x * 0x9e3779b97f4a7c15L) & mask;
      x ^= x >>> shift;
    }
    return x;
  }
}
