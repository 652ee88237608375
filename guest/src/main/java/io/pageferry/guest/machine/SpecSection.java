package io.pageferry.guest.machine;

import static io.pageferry.guest.state.MalformedStateException.require;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.state.MalformedStateException;
import io.pageferry.guest.state.StateFormat;
import io.pageferry.memory.SlotLayout;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The section of a machine's state that says what the machine is made of. Stateless; any thread.
 *
 * <pre>
 * name             blob     UTF-8, at most 256 bytes
 * vcpus            4 bytes  1 to 64
 * limit            8 bytes  instructions after which each vCPU stops, or 0
 * slots            4 bytes  1 to 64, then for each: id (4), base (8), size in bytes (8)
 * kind             1 byte   0 RISC-V, 1 synthetic; after 1: name of the pattern (blob), accesses a
 *                           second (8), write ratio (8, IEEE 754), seed (8)
 * </pre>
 */
final class SpecSection {
  static final String TAG = "spec";

  private static final int MAX_NAME_BYTES = 256;
  private static final int MAX_SLOTS = 64;
  private static final int RISCV = 0;
  private static final int SYNTHETIC = 1;

  private SpecSection() {}

  static void write(DataOutput out, MachineSpec spec) throws IOException {
    StateFormat.writeBlob(out, spec.name().getBytes(UTF_8));
    out.writeInt(spec.vcpus());
    out.writeLong(spec.stopAfterInstructions());
    out.writeInt(spec.slots().size());
    for (SlotLayout slot : spec.slots()) {
      out.writeInt(slot.id());
      out.writeLong(slot.base());
      out.writeLong(slot.sizeBytes());
    }
    switch (spec.kind()) {
      case MachineSpec.Kind.Riscv() -> out.writeByte(RISCV);
      case MachineSpec.Kind.Synthetic kind -> {
        out.writeByte(SYNTHETIC);
        StateFormat.writeBlob(out, kind.pattern().name().getBytes(UTF_8));
        out.writeLong(kind.accessesPerSecond());
        out.writeDouble(kind.writeRatio());
        out.writeLong(kind.seed());
      }
    }
  }

  static MachineSpec read(DataInput in) throws IOException {
    String name = new String(StateFormat.readBlob(in, MAX_NAME_BYTES), UTF_8);
    int vcpus = in.readInt();
    long limit = in.readLong();
    int count = in.readInt();
    require(count >= 1 && count <= MAX_SLOTS, "it has " + count + " slots");
    List<SlotLayout> slots = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      slots.add(new SlotLayout(in.readInt(), in.readLong(), in.readLong()));
    }
    return new MachineSpec(name, vcpus, slots, readKind(in), limit);
  }

  private static MachineSpec.Kind readKind(DataInput in) throws IOException {
    int kind = in.readUnsignedByte();
    if (kind == RISCV) {
      return new MachineSpec.Kind.Riscv();
    }
    require(kind == SYNTHETIC, "there is no kind " + kind);
    String pattern = new String(StateFormat.readBlob(in, MAX_NAME_BYTES), UTF_8);
    for (MachineSpec.Pattern known : MachineSpec.Pattern.values()) {
      if (known.name().equals(pattern)) {
        return new MachineSpec.Kind.Synthetic(known, in.readLong(), in.readDouble(), in.readLong());
      }
    }
    throw new MalformedStateException("it has an unknown access pattern");
  }
}
