package io.pageferry.node;

import io.pageferry.daemon.guest.GuestLimits;
import io.pageferry.dest.DestConfig;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import picocli.CommandLine.Option;

/** Options of the destination's role. Filled by picocli. */
final class DestOptions {
  @Option(
      names = "--max-vcpus",
      paramLabel = "COUNT",
      defaultValue = "64",
      description = "Most vCPUs that a guest may have here, 1 to 64.")
  private int maxVcpus = DestConfig.DEFAULT.maxVcpus();

  @Option(
      names = "--prefetch",
      paramLabel = "POLICY",
      defaultValue = "adaptive",
      description = "Pages fetched ahead of need: ${COMPLETION-CANDIDATES}.")
  private PrefetchPolicy.Kind prefetch = DestConfig.DEFAULT.prefetch();

  @Option(
      names = "--max-incoming",
      paramLabel = "COUNT",
      defaultValue = "8",
      description = "Most guests that come at a time.")
  private int maxIncoming = GuestLimits.DEFAULT.incoming();

  int maxIncoming() {
    return maxIncoming;
  }

  DestConfig config() {
    return new DestConfig(maxVcpus, prefetch);
  }
}
