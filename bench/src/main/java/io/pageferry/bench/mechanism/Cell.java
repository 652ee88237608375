package io.pageferry.bench.mechanism;

import io.pageferry.fault.mechanism.MechanismKind;
import io.pageferry.guest.MachineSpec.Pattern;
import java.util.Locale;

/**
 * One combination that is measured.
 *
 * @param vcpus synthetic vCPUs, which access pages as fast as they can
 * @param pattern in which order
 */
record Cell(MechanismKind mechanism, Way way, int vcpus, Pattern pattern) {
  /** The order of accesses, as reports call it. */
  String order() {
    return pattern == Pattern.UNIFORM ? "random" : pattern.name().toLowerCase(Locale.ROOT);
  }

  /** A name for progress lines. */
  String label() {
    return "%s, %s, %d vCPUs, %s".formatted(mechanism, way.label(), vcpus, order());
  }
}
