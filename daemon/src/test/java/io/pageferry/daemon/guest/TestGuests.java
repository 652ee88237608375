package io.pageferry.daemon.guest;

import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.machine.Machines;
import io.pageferry.memory.GuestMemory;
import io.pageferry.migration.ExecutionFence;
import java.util.UUID;

/** Small guests that do not run yet. */
public final class TestGuests {
  private TestGuests() {}

  /** A guest of one mebibyte that never faults. */
  public static HostedGuest guest(ExecutionFence fence) {
    Machine machine = machine();
    return new HostedGuest(UUID.randomUUID(), machine, fence);
  }

  /** Its machine. */
  static Machine machine() {
    var kind = new MachineSpec.Kind.Synthetic(MachineSpec.Pattern.SEQUENTIAL, 1000, 1, 7);
    MachineSpec spec = MachineSpec.withRam("walker", 1, 1 << 20, kind, 0);
    return Machines.create(
        spec,
        GuestMemory.anonymous(spec.slots()),
        MachineSpec.RAM_BASE,
        (vcpu, fault) -> {
          throw new IllegalStateException("Nothing faults here.");
        });
  }
}
