package io.pageferry.memory;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Seeded randomness for tests that print what they need to be run again. */
final class Seeds {
  private Seeds() {}

  /**
   * A generator whose seed is printed; {@code -Dpageferry.seed=N} runs a failed test again.
   *
   * @param test what the seed is for
   */
  static RandomGenerator random(String test) {
    long seed = Long.getLong("pageferry.seed", System.nanoTime());
    System.out.println(test + ": -Dpageferry.seed=" + seed);
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }
}
