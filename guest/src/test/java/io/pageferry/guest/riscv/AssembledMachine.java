package io.pageferry.guest.riscv;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.machine.Machines;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.SlotLayout;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * A machine, all of whose harts start at a program of the {@link Assembler}. Used by one thread.
 */
final class AssembledMachine implements AutoCloseable {
  static final long RAM = MachineSpec.RAM_BASE;

  /** Where a program may keep its data. */
  static final long DATA = RAM + 0x10_0000;

  static final List<SlotLayout> ONE_SLOT = List.of(new SlotLayout(0, RAM, 4 << 20));

  static final FaultHandler NO_FAULTS =
      (vcpu, fault) -> {
        throw new AssertionError("Unexpected " + fault);
      };

  final GuestMemory memory;
  final Machine machine;

  AssembledMachine(int vcpus, Assembler program) {
    this(vcpus, program, ONE_SLOT, NO_FAULTS);
  }

  AssembledMachine(int vcpus, Assembler program, List<SlotLayout> slots, FaultHandler faults) {
    MachineSpec spec = new MachineSpec("test", vcpus, slots, new MachineSpec.Kind.Riscv(), 0);
    memory = GuestMemory.anonymous(slots);
    byte[] bytes = program.bytes();
    MemorySegment.copy(bytes, 0, slot(RAM).segment(), JAVA_BYTE, 0, bytes.length);
    machine = Machines.create(spec, memory, RAM, faults);
  }

  MemorySlot slot(long address) {
    return Objects.requireNonNull(memory.slotAt(address));
  }

  /** An aligned double word. */
  long read(long address) {
    return slot(address).segment().get(JAVA_LONG, address - slot(address).base());
  }

  /** An aligned word. */
  int readWord(long address) {
    return slot(address).segment().get(JAVA_INT, address - slot(address).base());
  }

  static ConditionFactory patiently() {
    return Awaitility.await().atMost(Duration.ofMinutes(1)).pollInterval(Duration.ofMillis(2));
  }

  /** Runs until the guest has ended itself, or has failed. */
  int runToTheEnd() {
    machine.resume();
    return awaitEnd();
  }

  /** Waits until the guest, which runs, has ended itself, or has failed. */
  int awaitEnd() {
    patiently().until(() -> machine.state() == Machine.State.STOPPED);
    machine.pause();
    return machine.exitCode();
  }

  String output() {
    return new String(machine.console().read(0), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    machine.close();
    memory.close();
  }
}
