package io.pageferry.guest.machine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.pageferry.guest.Console;
import io.pageferry.guest.EmulatedVcpu;
import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.device.Clint;
import io.pageferry.guest.device.Uart;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.SlotLayout;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The format in which a machine that does not run travels. Stateless; any thread.
 *
 * <p>All numbers are big-endian; a <em>blob</em> is its length (4 bytes) and that many bytes.
 *
 * <pre>
 * magic            4 bytes  "PFMS"
 * version          2 bytes  1
 * name             blob     UTF-8, at most 256 bytes
 * vcpus            4 bytes  1 to 64
 * limit            8 bytes  instructions after which each vCPU stops, or 0
 * slots            4 bytes  1 to 64, then for each: id (4), base (8), size in bytes (8)
 * kind             1 byte   0 RISC-V, 1 synthetic; after 1: name of the pattern (blob), accesses a
 *                           second (8),
 *                           write ratio (8, IEEE 754), seed (8)
 * stopped          1 byte   0 or 1
 * exit code        4 bytes
 * clock            8 bytes  mtime, or with a limit what exceeds hart 0's instructions / 10
 * CLINT            for each vCPU: msip (1), mtimecmp (8)
 * UART             6 bytes  IER, LCR, MCR, SCR, DLL, DLM
 * console          length of all output (8), its tail (blob, at most 64 KiB), pending input (blob,
 *                           at most 4 KiB)
 * vCPUs            for each: a blob, at most 1 MiB; a hart's is x1 to x31, pc, instructions retired
 *                           (8 each), whether it waits for an interrupt (1), mstatus, mie, mtvec,
 *                           mscratch, mepc, mcause, mtval, what mcycle and minstret exceed the
 *                           instructions retired by (8 each), LR's reservation: valid (1), address
 *                           (8), value (8)
 * </pre>
 *
 * <p>Nothing may follow. The bytes may come from anyone: every length is checked against its bound
 * and against what is there before anything is allocated.
 */
final class MachineState {
  private static final int MAGIC = 0x50464d53;
  private static final int VERSION = 1;
  private static final int MAX_NAME_BYTES = 256;
  private static final int MAX_SLOTS = 64;
  private static final int MAX_VCPU_BYTES = 1 << 20;
  private static final int RISCV = 0;
  private static final int SYNTHETIC = 1;

  private MachineState() {}

  /** The state of a machine that does not run. */
  static byte[] write(EmulatedMachine machine) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      out.writeShort(VERSION);
      writeSpec(out, machine.spec());
      out.writeBoolean(machine.state() == Machine.State.STOPPED);
      out.writeInt(machine.exitCode());
      writeDevices(out, machine);
      for (EmulatedVcpu vcpu : machine.emulatedVcpus()) {
        ByteArrayOutputStream blob = new ByteArrayOutputStream();
        vcpu.save(new DataOutputStream(blob));
        writeBlob(out, blob.toByteArray());
      }
    } catch (IOException e) {
      throw new IllegalStateException("Memory cannot be written to.", e);
    }
    return bytes.toByteArray();
  }

  private static void writeSpec(DataOutputStream out, MachineSpec spec) throws IOException {
    writeBlob(out, spec.name().getBytes(UTF_8));
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
        writeBlob(out, kind.pattern().name().getBytes(UTF_8));
        out.writeLong(kind.accessesPerSecond());
        out.writeDouble(kind.writeRatio());
        out.writeLong(kind.seed());
      }
    }
  }

  private static void writeDevices(DataOutputStream out, EmulatedMachine machine)
      throws IOException {
    Clint clint = machine.clint();
    out.writeLong(clint.clock().offset());
    for (int hart = 0; hart < clint.harts(); hart++) {
      out.writeBoolean(clint.softwarePending(hart));
      out.writeLong(clint.deadline(hart));
    }
    out.write(machine.uart().save());
    Console console = machine.console();
    long length = console.length();
    out.writeLong(length);
    writeBlob(out, console.read(0));
    writeBlob(out, console.pendingInput());
  }

  private static void writeBlob(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  /**
   * The machine that a state describes, paused or stopped.
   *
   * @throws IllegalArgumentException if it describes none, or one with other slots than {@code
   *     memory} has
   */
  static Machine read(byte[] state, GuestMemory memory, FaultHandler faults) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(state))) {
      check(state.length >= 6 && in.readInt() == MAGIC, "it does not begin with PFMS");
      int version = in.readUnsignedShort();
      check(version == VERSION, "its version is " + version + ", not " + VERSION);
      MachineSpec spec = readSpec(in);
      checkSlots(spec, memory);
      EmulatedMachine machine = new EmulatedMachine(spec, memory, MachineSpec.RAM_BASE, faults);
      boolean stopped = in.readBoolean();
      int exitCode = in.readInt();
      readDevices(in, machine);
      for (EmulatedVcpu vcpu : machine.emulatedVcpus()) {
        readVcpu(readBlob(in, MAX_VCPU_BYTES), vcpu);
      }
      check(in.available() == 0, "bytes follow its end");
      if (stopped) {
        machine.restoreStopped(exitCode);
      }
      return machine;
    } catch (EOFException e) {
      throw new IllegalArgumentException("The machine state is cut off.", e);
    } catch (IOException e) {
      throw new IllegalArgumentException("The machine state cannot be read.", e);
    }
  }

  private static MachineSpec readSpec(DataInputStream in) throws IOException {
    String name = new String(readBlob(in, MAX_NAME_BYTES), UTF_8);
    int vcpus = in.readInt();
    long limit = in.readLong();
    int count = in.readInt();
    check(count >= 1 && count <= MAX_SLOTS, "it has " + count + " slots");
    List<SlotLayout> slots = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      slots.add(new SlotLayout(in.readInt(), in.readLong(), in.readLong()));
    }
    return new MachineSpec(name, vcpus, slots, readKind(in), limit);
  }

  private static MachineSpec.Kind readKind(DataInputStream in) throws IOException {
    int kind = in.readUnsignedByte();
    if (kind == RISCV) {
      return new MachineSpec.Kind.Riscv();
    }
    check(kind == SYNTHETIC, "there is no kind " + kind);
    String pattern = new String(readBlob(in, MAX_NAME_BYTES), UTF_8);
    for (MachineSpec.Pattern known : MachineSpec.Pattern.values()) {
      if (known.name().equals(pattern)) {
        return new MachineSpec.Kind.Synthetic(known, in.readLong(), in.readDouble(), in.readLong());
      }
    }
    throw malformed("it has an unknown access pattern");
  }

  /**
   * Checks that memory is what a spec says.
   *
   * @throws IllegalArgumentException if it is not
   */
  static void checkSlots(MachineSpec spec, GuestMemory memory) {
    List<SlotLayout> present = new ArrayList<>();
    for (MemorySlot slot : memory.slots()) {
      present.add(new SlotLayout(slot.id(), slot.base(), slot.sizeBytes()));
    }
    if (!present.equals(spec.slots())) {
      throw new IllegalArgumentException(
          "The machine needs the memory slots " + spec.slots() + "; there are " + present + ".");
    }
  }

  private static void readDevices(DataInputStream in, EmulatedMachine machine) throws IOException {
    Clint clint = machine.clint();
    clint.clock().restore(in.readLong());
    for (int hart = 0; hart < clint.harts(); hart++) {
      clint.restore(hart, in.readBoolean(), in.readLong());
    }
    byte[] uart = new byte[Uart.SAVED_BYTES];
    in.readFully(uart);
    machine.uart().restore(uart);
    long length = in.readLong();
    byte[] tail = readBlob(in, Console.CAPACITY);
    byte[] pending = readBlob(in, Console.INPUT_CAPACITY);
    check(length >= 0, "its console has a negative length");
    check(tail.length == Math.min(length, Console.CAPACITY), "its console's tail is incomplete");
    machine.console().restore(length, tail, pending);
  }

  private static void readVcpu(byte[] blob, EmulatedVcpu vcpu) throws IOException {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(blob))) {
      vcpu.load(in);
      check(in.available() == 0, "bytes follow the end of vCPU " + vcpu.index());
    }
  }

  private static byte[] readBlob(DataInputStream in, int limit) throws IOException {
    int length = in.readInt();
    check(length >= 0 && length <= limit, "a part of it claims " + length + " bytes");
    if (length > in.available()) {
      throw new EOFException();
    }
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return bytes;
  }

  private static void check(boolean holds, String complaint) {
    if (!holds) {
      throw malformed(complaint);
    }
  }

  private static IllegalArgumentException malformed(String complaint) {
    return new IllegalArgumentException("The machine state is malformed: " + complaint + ".");
  }
}
