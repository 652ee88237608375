package io.pageferry.source;

import io.pageferry.config.DataSize;

/**
 * Settings of the source's role.
 *
 * @param maxBytesInFlight cap on page bytes sent and not acknowledged, at least {@link
 *     #MIN_BYTES_IN_FLIGHT}
 */
public record SourceConfig(DataSize maxBytesInFlight) {
  /** One drain frame must fit under the cap. */
  public static final DataSize MIN_BYTES_IN_FLIGHT = new DataSize(256 * 1024);

  /** What holds unless it is set. */
  public static final SourceConfig DEFAULT = new SourceConfig(DataSize.ofMebibytes(8));

  /** Checks ranges. */
  public SourceConfig {
    checkBytesInFlight(maxBytesInFlight.bytes());
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
