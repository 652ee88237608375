package io.pageferry.bench.net;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * What a link is like. Both directions are.
 *
 * @param roundTrip what the link adds to a round trip: a byte takes half of it
 * @param bitsPerSecond most bits a second in one direction, over all connections; empty for no
 *     limit
 */
public record LinkSettings(Duration roundTrip, OptionalLong bitsPerSecond) {
  /** A link that adds nothing on purpose. */
  public static final LinkSettings DIRECT = new LinkSettings(Duration.ZERO, OptionalLong.empty());

  /**
   * Checks.
   *
   * @throws IllegalArgumentException if the round trip is negative or the rate is not positive
   */
  public LinkSettings {
    if (roundTrip.isNegative()) {
      throw new IllegalArgumentException("A round trip of " + roundTrip + " is less than none.");
    }
    if (bitsPerSecond.isPresent() && bitsPerSecond.getAsLong() <= 0) {
      throw new IllegalArgumentException(
          "A link of " + bitsPerSecond.getAsLong() + " bit/s never carries anything.");
    }
  }

  /** A link that delays and does not limit. */
  public static LinkSettings ofRoundTrip(Duration roundTrip) {
    return new LinkSettings(roundTrip, OptionalLong.empty());
  }

  /** A link that limits and does not delay. */
  public static LinkSettings ofRate(long bitsPerSecond) {
    return new LinkSettings(Duration.ZERO, OptionalLong.of(bitsPerSecond));
  }

  long oneWayNanos() {
    return roundTrip.toNanos() / 2;
  }
}
