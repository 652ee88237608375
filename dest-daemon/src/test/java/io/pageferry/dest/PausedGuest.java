package io.pageferry.dest;

import com.google.protobuf.ByteString;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.machine.Machines;
import io.pageferry.memory.GuestMemory;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.SlotContents;
import io.pageferry.proto.v1.TransferStateRequest;
import java.util.Arrays;

/** The state of a synthetic guest as a source transfers it. */
final class PausedGuest {
  private PausedGuest() {}

  /** A state whose pages have all been written. */
  static TransferStateRequest state(MigrationRef ref, int pages, int vcpus) {
    long bytes = pages * 4096L;
    var kind = new MachineSpec.Kind.Synthetic(MachineSpec.Pattern.SEQUENTIAL, 10_000, 0.5, 7);
    MachineSpec spec = MachineSpec.withRam("walker", vcpus, bytes, kind, 0);
    byte[] allWritten = new byte[pages / 8];
    Arrays.fill(allWritten, (byte) 0xff);
    try (GuestMemory memory = GuestMemory.anonymous(spec.slots());
        Machine machine =
            Machines.create(
                spec,
                memory,
                MachineSpec.RAM_BASE,
                (vcpu, fault) -> {
                  throw new IllegalStateException("No vCPU runs here.");
                })) {
      return TransferStateRequest.newBuilder()
          .setMigration(ref)
          .setMachineState(ByteString.copyFrom(machine.saveState()))
          .addContents(SlotContents.newBuilder().setNonzeroBitmap(ByteString.copyFrom(allWritten)))
          .setRun(true)
          .build();
    }
  }
}
