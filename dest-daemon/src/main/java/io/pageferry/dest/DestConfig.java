package io.pageferry.dest;

import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.guest.MachineSpec;

/**
 * Settings of the destination's role.
 *
 * @param maxVcpus most vCPUs that a guest may have here, 1 to 64
 * @param mechanism what stops accesses to missing pages
 * @param prefetch what is fetched ahead of need
 */
public record DestConfig(int maxVcpus, MechanismChoice mechanism, PrefetchPolicy.Kind prefetch) {
  /** What holds unless it is set. */
  public static final DestConfig DEFAULT =
      new DestConfig(MachineSpec.MAX_VCPUS, MechanismChoice.DEFAULT, PrefetchPolicy.Kind.adaptive);

  /** The same with another mechanism. */
  public DestConfig with(MechanismChoice other) {
    return new DestConfig(maxVcpus, other, prefetch);
  }

  /** Checks ranges. */
  public DestConfig {
    if (maxVcpus < 1 || maxVcpus > MachineSpec.MAX_VCPUS) {
      throw new IllegalArgumentException(
          "--max-vcpus must be 1 to " + MachineSpec.MAX_VCPUS + "; it is " + maxVcpus + ".");
    }
  }
}
