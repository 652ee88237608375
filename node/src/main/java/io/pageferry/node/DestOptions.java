package io.pageferry.node;

import io.pageferry.config.cli.MechanismNames;
import io.pageferry.daemon.guest.GuestLimits;
import io.pageferry.dest.DestConfig;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.fault.mechanism.MechanismChoice;
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
      names = "--fault-mechanism",
      paramLabel = "MECHANISM",
      defaultValue = "userfault-bitmap",
      description = {
        "What stops accesses to missing pages, unless a migration asks for another:",
        "${COMPLETION-CANDIDATES}; SLOT=MECHANISM, behind a comma, for a single slot."
      },
      completionCandidates = MechanismNames.class)
  private MechanismChoice mechanism = DestConfig.DEFAULT.mechanism();

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
    return new DestConfig(maxVcpus, mechanism, prefetch);
  }
}
