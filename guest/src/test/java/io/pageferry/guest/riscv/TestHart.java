package io.pageferry.guest.riscv;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.pageferry.guest.Console;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.device.Bus;
import io.pageferry.guest.device.Clint;
import io.pageferry.guest.device.Finisher;
import io.pageferry.guest.device.GuestClock;
import io.pageferry.guest.device.Uart;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.SlotLayout;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/** One hart with 1 MiB of RAM that the test drives itself, exit by exit. */
final class TestHart implements AutoCloseable {
  static final long RAM = MachineSpec.RAM_BASE;
  static final int RAM_BYTES = 1 << 20;

  final GuestMemory memory = GuestMemory.anonymous(List.of(new SlotLayout(0, RAM, RAM_BYTES)));
  final MemorySlot slot = memory.slots().getFirst();
  final Console console = new Console();
  final Clint clint;
  final Hart hart;

  TestHart(Assembler program) {
    this(program, 0);
  }

  TestHart(Assembler program, long limit) {
    GuestClock clock = new GuestClock(limit > 0, System::nanoTime);
    Hart[] harts = new Hart[1];
    clint = new Clint(1, clock, index -> harts[index].signal(), () -> harts[0].instructions());
    Bus bus = new Bus(List.of(new Uart(console), clint, new Finisher()));
    hart = new Hart(0, RAM, limit, memory, clint, bus);
    harts[0] = hart;
    clock.start();
    load(RAM, program);
  }

  void load(long address, Assembler program) {
    byte[] bytes = program.bytes();
    MemorySegment.copy(bytes, 0, slot.segment(), JAVA_BYTE, address - RAM, bytes.length);
  }

  long read(long address) {
    return slot.segment().get(JAVA_LONG_UNALIGNED, address - RAM);
  }

  void write(long address, long value) {
    slot.segment().set(JAVA_LONG_UNALIGNED, address - RAM, value);
  }

  /** A register; 0 to 31. */
  long x(int register) {
    return register == 0 ? 0 : saved(register - 1);
  }

  long pc() {
    return saved(31);
  }

  private long saved(int index) {
    return ByteBuffer.wrap(save()).getLong(index * Long.BYTES);
  }

  byte[] save() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      hart.save(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  /** Sets a register, as a debugger would. */
  void setX(int register, long value) {
    byte[] state = save();
    var _ = ByteBuffer.wrap(state).putLong((register - 1) * Long.BYTES, value);
    try {
      hart.load(new DataInputStream(new ByteArrayInputStream(state)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Runs until the guest ends itself. */
  int runToShutdown() {
    VcpuExit exit = hart.run();
    if (exit instanceof VcpuExit.Shutdown(int code)) {
      return code;
    }
    throw new AssertionError("The guest did not end itself but gave " + exit);
  }

  @Override
  public void close() {
    memory.close();
  }
}
