package io.pageferry.dest;

import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.guest.MachineSpec;

/**
 * Settings of the destination's role.
 *
 * @param maxVcpus most vCPUs that a guest may have here, 1 to 64
 * @param prefetch what is fetched ahead of need
 */
public record DestConfig(int maxVcpus, PrefetchPolicy.Kind prefetch) {
  /** What holds unless it is set. */
  public static final DestConfig DEFAULT =
      new DestConfig(MachineSpec.MAX_VCPUS, PrefetchPolicy.Kind.adaptive);

  /** Checks ranges. */
  public DestConfig {
    if (maxVcpus < 1 || maxVcpus > MachineSpec.MAX_VCPUS) {
      throw new IllegalArgumentException(
          "--max-vcpus must be 1 to " + MachineSpec.MAX_VCPUS + "; it is " + maxVcpus + ".");
    }
  }
}
