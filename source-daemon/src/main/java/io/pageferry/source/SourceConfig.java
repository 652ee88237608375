package io.pageferry.source;

import io.pageferry.config.DataSize;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.Rehearsal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the source daemon.
 *
 * @param listen where the admin and page services listen
 * @param metricsListen where metrics and health are served
 * @param advertise address of the page service as destinations reach it; null is {@code listen}
 * @param maxBytesInFlight cap on page bytes sent and not acknowledged, at least {@link
 *     #MIN_BYTES_IN_FLIGHT}
 * @param rehearsal how long the daemon rehearses after its start; zero is not at all
 */
public record SourceConfig(
    HostPort listen,
    HostPort metricsListen,
    @Nullable HostPort advertise,
    DataSize maxBytesInFlight,
    Duration rehearsal) {
  /** One drain frame must fit under the cap. */
  public static final DataSize MIN_BYTES_IN_FLIGHT = new DataSize(256 * 1024);

  /** The same without a rehearsal. */
  public SourceConfig(
      HostPort listen,
      HostPort metricsListen,
      @Nullable HostPort advertise,
      DataSize maxBytesInFlight) {
    this(listen, metricsListen, advertise, maxBytesInFlight, Duration.ZERO);
  }

  /** Checks ranges. */
  public SourceConfig {
    checkReachable(listen, advertise);
    checkBytesInFlight(maxBytesInFlight.bytes());
    Rehearsal.checkLength(rehearsal);
  }

  private static void checkReachable(HostPort listen, @Nullable HostPort advertise) {
    if (advertise != null) {
      var _ = advertise.toConnectTo();
    } else if (listen.isWildcard()) {
      throw new IllegalArgumentException(
          "The source listens on every address of its host ("
              + listen
              + "), and destinations must be told one of them: add --advertise HOST:PORT.");
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
