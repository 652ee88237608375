package io.pageferry.source;

import io.pageferry.config.DataSize;
import io.pageferry.source.serve.DrainBandwidth;

/**
 * Settings of the source's role.
 *
 * @param maxBytesInFlight cap on page bytes sent and not acknowledged, at least {@link
 *     #MIN_BYTES_IN_FLIGHT}
 * @param maxDrainBandwidth most bytes that the drains of all migrations send in a second, at least
 *     {@link DrainBandwidth#MINIMUM}
 */
public record SourceConfig(DataSize maxBytesInFlight, DataSize maxDrainBandwidth) {
  /** One drain frame must fit under the cap. */
  public static final DataSize MIN_BYTES_IN_FLIGHT = new DataSize(256 * 1024);

  /** What holds unless it is set. */
  public static final SourceConfig DEFAULT =
      new SourceConfig(DataSize.ofMebibytes(8), new DataSize(DrainBandwidth.UNLIMITED));

  /** Checks ranges. */
  public SourceConfig {
    checkBytesInFlight(maxBytesInFlight.bytes());
    if (maxDrainBandwidth.bytes() < DrainBandwidth.MINIMUM) {
      throw new IllegalArgumentException(
          "The drain's bandwidth must be at least %s a second; it is %s."
              .formatted(new DataSize(DrainBandwidth.MINIMUM), maxDrainBandwidth));
    }
  }

  /** Refuses a cap that no drain frame fits under. */
  static void checkBytesInFlight(long bytes) {
    if (bytes < MIN_BYTES_IN_FLIGHT.bytes()) {
      throw new IllegalArgumentException(
          "The cap on bytes in flight must be at least "
              + MIN_BYTES_IN_FLIGHT
              + "; it is "
              + new DataSize(Math.max(bytes, 0))
              + ".");
    }
  }
}
