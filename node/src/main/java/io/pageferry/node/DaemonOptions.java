package io.pageferry.node;

import io.pageferry.config.DataSize;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.guest.GuestLimits;
import io.pageferry.proto.v1.Role;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that every daemon understands. Filled by picocli. */
final class DaemonOptions {
  @Option(
      names = "--max-guests",
      paramLabel = "COUNT",
      defaultValue = "64",
      description = "Most guests that are here or on their way here.")
  private int maxGuests = GuestLimits.DEFAULT.guests();

  @Option(
      names = "--max-memory",
      paramLabel = "SIZE",
      description = "Most memory that the guests may have together (default: what the host has).")
  private @Nullable DataSize maxMemory;

  @Option(
      names = "--rehearsal",
      paramLabel = "DURATION",
      defaultValue = "2s",
      description = "How long to rehearse a migration after the start; 0s for not at all.")
  private Duration rehearsal = Duration.ofSeconds(2);

  @Option(
      names = "--shutdown-grace",
      paramLabel = "DURATION",
      defaultValue = "20s",
      description = "How long to finish migrations when told to end; 0s for not at all.")
  private Duration shutdownGrace = Duration.ofSeconds(20);

  Duration grace() {
    return shutdownGrace;
  }

  NodeConfig config(
      Role role,
      HostPort listen,
      HostPort metricsListen,
      SourceOptions source,
      DestOptions destination) {
    GuestLimits limits =
        new GuestLimits(
            maxGuests,
            maxMemory == null ? GuestLimits.DEFAULT.memory() : maxMemory,
            source.maxOutgoing(),
            destination.maxIncoming());
    return new NodeConfig(
        role,
        listen,
        metricsListen,
        source.advertise(),
        limits,
        rehearsal,
        source.config(),
        destination.config());
  }
}
