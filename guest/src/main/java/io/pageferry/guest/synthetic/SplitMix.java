package io.pageferry.guest.synthetic;

/**
 * SplitMix64: pseudo-random numbers whose whole state is one word, so that a vCPU can be saved.
 * Used by one thread.
 *
 * <p>Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
 */
final class SplitMix {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  SplitMix(long seed) {
    state = seed;
  }

  /** A bijection that scatters. */
  static long mix(long value) {
    long x = value;
    x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
    x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
    return x ^ (x >>> 31);
  }

  /** The next 64 bits. */
  long next() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /** The next number below {@code bound}, which is positive. */
  long below(long bound) {
    return Math.unsignedMultiplyHigh(next(), bound);
  }

  /** The next number from 0 to, not including, 1. */
  double unit() {
    return (next() >>> 11) * 0x1p-53;
  }

  /** The state, to go on elsewhere. */
  long state() {
    return state;
  }

  /** Goes on from a state. */
  void restore(long saved) {
    state = saved;
  }
}
