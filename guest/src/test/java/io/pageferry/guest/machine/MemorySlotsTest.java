package io.pageferry.guest.machine;

import static io.pageferry.guest.riscv.Assembler.*;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.riscv.Assembler;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A guest whose memory is several slots: two that touch, and one far above a hole. */
@Timeout(60)
class MemorySlotsTest {
  private static final long LOW = MachineSpec.RAM_BASE;
  private static final long LOW_BYTES = 1 << 20;
  private static final long MIDDLE = LOW + LOW_BYTES;
  private static final long HIGH = 0x10_0000_0000L;
  private static final long SLOT_BYTES = 64 << 10;

  private final List<Long> faults = Collections.synchronizedList(new ArrayList<>());
  private final MachineSpec spec =
      new MachineSpec(
          "test",
          1,
          List.of(
              new SlotLayout(0, LOW, LOW_BYTES),
              new SlotLayout(1, MIDDLE, SLOT_BYTES),
              new SlotLayout(7, HIGH, SLOT_BYTES)),
          new MachineSpec.Kind.Riscv(),
          0);
  private GuestMemory memory = GuestMemory.anonymous(spec.slots());

  @BeforeEach
  void open() {
    memory.close();
    memory = GuestMemory.anonymous(spec.slots());
  }

  @AfterEach
  void close() {
    memory.close();
  }

  private MemorySlot slot(int id) {
    return Objects.requireNonNull(memory.slot(id));
  }

  private void allow(Vcpu vcpu, VcpuExit.MemoryFault fault) {
    long address = fault.guestPhysicalAddress();
    faults.add(address);
    for (MemorySlot slot : memory.slots()) {
      if (slot.contains(address)) {
        Objects.requireNonNull(slot.userfault()).lift(PageGeometry.pages(address - slot.base()), 1);
      }
    }
  }

  /** Runs a program to its end, with userfault on for some slots. */
  private void run(Assembler program, int... userfault) {
    byte[] bytes = program.exit(0).bytes();
    MemorySegment.copy(bytes, 0, slot(0).segment(), JAVA_BYTE, 0, bytes.length);
    try (Machine machine = Machines.create(spec, memory, LOW, this::allow)) {
      for (int id : userfault) {
        machine.enableUserfault(id);
      }
      machine.resume();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(2))
          .until(() -> machine.state() == Machine.State.STOPPED);
      assertThat(machine.failure()).isNull();
      assertThat(machine.exitCode()).isZero();
    }
  }

  @Test
  void everySlotIsReadAndWrittenAtItsOwnAddress() {
    slot(7).segment().set(JAVA_LONG_UNALIGNED, 0x2000, 77);
    run(
        new Assembler()
            .li(A1, HIGH + 0x2000)
            .ld(A0, A1, 0)
            .li(A1, MIDDLE + 16)
            .sd(A0, A1, 0)
            .li(A1, HIGH + SLOT_BYTES - 8)
            .sd(A0, A1, 0));
    assertThat(slot(1).segment().get(JAVA_LONG_UNALIGNED, 16)).isEqualTo(77);
    assertThat(slot(7).segment().get(JAVA_LONG_UNALIGNED, SLOT_BYTES - 8)).isEqualTo(77);
    assertThat(slot(7).written().get(SLOT_BYTES / PageGeometry.PAGE_SIZE - 1)).isTrue();
    assertThat(slot(7).written().get(2)).isFalse();
  }

  @Test
  void anAccessMayBeginInOneSlotAndEndInTheNext() {
    run(
        new Assembler()
            .li(A0, 0x1122334455667788L)
            .li(A1, MIDDLE - 3)
            .sd(A0, A1, 0)
            .ld(A2, A1, 0)
            .li(A1, HIGH)
            .sd(A2, A1, 0));
    assertThat(slot(1).segment().get(JAVA_LONG_UNALIGNED, 0)).isEqualTo(0x1122334455L);
    assertThat(slot(0).segment().get(JAVA_BYTE, LOW_BYTES - 3)).isEqualTo((byte) 0x88);
    assertThat(slot(7).segment().get(JAVA_LONG_UNALIGNED, 0)).isEqualTo(0x1122334455667788L);
  }

  @Test
  void userfaultIsOnForTheSlotsThatHaveIt() {
    run(
        new Assembler()
            .li(A1, MIDDLE)
            .ld(A0, A1, 0)
            .li(A1, HIGH + 0x3008)
            .ld(A0, A1, 0)
            .sd(A0, A1, 0),
        7);
    assertThat(faults).containsExactly(HIGH + 0x3008);
  }

  @Test
  void anAccessAcrossSlotsFaultsOncePerSlot() {
    run(new Assembler().li(A0, -1).li(A1, MIDDLE - 3).sd(A0, A1, 0), 1);
    assertThat(faults).containsExactly(MIDDLE);
    assertThat(slot(1).segment().get(JAVA_LONG_UNALIGNED, 0)).isEqualTo(0xff_ffff_ffffL);
  }

  @Test
  void codeRunsInAnySlot() {
    byte[] callee = new Assembler().addi(A0, A0, 5).jalr(ZERO, RA, 0).bytes();
    MemorySegment.copy(callee, 0, slot(7).segment(), JAVA_BYTE, 0x1000, callee.length);
    run(
        new Assembler()
            .li(A1, HIGH + 0x1000)
            .jalr(RA, A1, 0)
            .jalr(RA, A1, 0)
            .li(A1, MIDDLE)
            .sd(A0, A1, 0),
        7);
    assertThat(slot(1).segment().get(JAVA_LONG_UNALIGNED, 0)).isEqualTo(10);
    assertThat(faults).containsExactly(HIGH + 0x1000);
  }
}
