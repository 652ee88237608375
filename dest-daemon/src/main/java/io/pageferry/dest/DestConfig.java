package io.pageferry.dest;

import io.pageferry.config.HostPort;
import io.pageferry.daemon.Rehearsal;
import io.pageferry.guest.MachineSpec;
import java.time.Duration;

/**
 * Settings of the destination daemon.
 *
 * @param listen where the admin and migration services listen
 * @param metricsListen where metrics and health are served
 * @param maxVcpus most vCPUs that a guest may have here, 1 to 64
 * @param prefetch what is fetched ahead of need
 * @param rehearsal how long the daemon rehearses after its start; zero is not at all
 */
public record DestConfig(
    HostPort listen,
    HostPort metricsListen,
    int maxVcpus,
    PrefetchPolicy.Kind prefetch,
    Duration rehearsal) {
  /** The same with the default policy and without a rehearsal. */
  public DestConfig(HostPort listen, HostPort metricsListen, int maxVcpus) {
    this(listen, metricsListen, maxVcpus, PrefetchPolicy.Kind.adaptive, Duration.ZERO);
  }

  /** Checks ranges. */
  public DestConfig {
    if (maxVcpus < 1 || maxVcpus > MachineSpec.MAX_VCPUS) {
      throw new IllegalArgumentException(
          "--max-vcpus must be 1 to " + MachineSpec.MAX_VCPUS + "; it is " + maxVcpus + ".");
    }
    Rehearsal.checkLength(rehearsal);
  }
}
