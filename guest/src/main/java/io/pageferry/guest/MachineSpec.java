package io.pageferry.guest;

import io.pageferry.memory.SlotLayout;
import io.pageferry.text.GuestName;
import java.util.List;

/**
 * What a machine is made of; travels with the guest when it migrates.
 *
 * @param name display name of the guest, as {@link GuestName} allows
 * @param vcpus number of vCPUs, 1 to {@link #MAX_VCPUS}
 * @param slots its memory; RAM starts at {@link #RAM_BASE}
 * @param kind what its vCPUs execute
 * @param stopAfterInstructions each vCPU stops after this many instructions; 0 is never. When it is
 *     set, guest time follows the instruction count, so that a single-vCPU guest is deterministic
 */
public record MachineSpec(
    String name, int vcpus, List<SlotLayout> slots, Kind kind, long stopAfterInstructions) {
  /** Most vCPUs a machine can have. */
  public static final int MAX_VCPUS = 64;

  /** First guest physical address of RAM, as on QEMU's virt machine. */
  public static final long RAM_BASE = 0x8000_0000L;

  /** What the vCPUs of a machine execute. */
  public sealed interface Kind {
    /** RV64 instructions. */
    record Riscv() implements Kind {}

    /** No instructions: pages accessed in a pattern. */
    record Synthetic(Pattern pattern, long accessesPerSecond, double writeRatio, long seed)
        implements Kind {}
  }

  /** Order in which synthetic vCPUs touch pages. */
  public enum Pattern {
    SEQUENTIAL,
    UNIFORM,
    ZIPFIAN,
    WORKING_SET
  }

  /** Checks ranges. */
  public MachineSpec {
    var _ = GuestName.checked(name);
    if (vcpus < 1 || vcpus > MAX_VCPUS) {
      throw new IllegalArgumentException(
          "A guest has 1 to " + MAX_VCPUS + " vCPUs; " + vcpus + " were asked for.");
    }
    if (stopAfterInstructions < 0) {
      throw new IllegalArgumentException(
          "The instruction limit must not be negative; it is " + stopAfterInstructions + ".");
    }
    slots = List.copyOf(slots);
  }

  /** A machine with one slot of RAM. */
  public static MachineSpec withRam(
      String name, int vcpus, long memoryBytes, Kind kind, long stopAfterInstructions) {
    return new MachineSpec(
        name,
        vcpus,
        List.of(new SlotLayout(0, RAM_BASE, memoryBytes)),
        kind,
        stopAfterInstructions);
  }
}
