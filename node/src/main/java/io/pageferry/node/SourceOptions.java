package io.pageferry.node;

import io.pageferry.config.DataSize;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.guest.GuestLimits;
import io.pageferry.source.SourceConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the source's role. Filled by picocli. */
final class SourceOptions {
  @Option(
      names = "--advertise",
      paramLabel = "HOST:PORT",
      description = "Address of the page service as destinations reach it; by default --listen.")
  private @Nullable HostPort advertise;

  @Option(
      names = "--max-bytes-in-flight",
      paramLabel = "SIZE",
      defaultValue = "8MiB",
      description = "Cap on page bytes of a migration sent and not acknowledged.")
  private DataSize maxBytesInFlight = SourceConfig.DEFAULT.maxBytesInFlight();

  @Option(
      names = "--max-drain-bandwidth",
      paramLabel = "SIZE",
      description =
          "Most bytes a second that the drains of all migrations send together (default: no"
              + " limit).")
  private DataSize maxDrainBandwidth = SourceConfig.DEFAULT.maxDrainBandwidth();

  @Option(
      names = "--max-outgoing",
      paramLabel = "COUNT",
      defaultValue = "8",
      description = "Most guests that leave at a time.")
  private int maxOutgoing = GuestLimits.DEFAULT.outgoing();

  @Nullable HostPort advertise() {
    return advertise;
  }

  int maxOutgoing() {
    return maxOutgoing;
  }

  SourceConfig config() {
    return new SourceConfig(maxBytesInFlight, maxDrainBandwidth);
  }
}
