package io.pageferry.guest;

import static io.pageferry.guest.AssembledMachine.RAM;
import static io.pageferry.guest.Assembler.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import io.pageferry.memory.UserfaultBitmap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Accesses where there is no memory, and memory in several slots. */
@Timeout(60)
class WildAccessTest {
  private static final long HANDLER = TestHart.RAM + 0x4000;

  /** Keeps the cause in s0, the value in s1 and the place in a5. */
  private static TestHart guestWithHandler(Assembler body) {
    Assembler code = new Assembler().li(T0, HANDLER).csrw(MTVEC, T0);
    TestHart guest = new TestHart(code.append(body).exit(9));
    guest.load(HANDLER, new Assembler().csrr(S0, MCAUSE).csrr(S1, MTVAL).csrr(A5, MEPC).exit(0));
    return guest;
  }

  @ParameterizedTest(name = "{0} at 0x{1} is trap {2}")
  @CsvSource({
    "load, 0, 5",
    "load, 7ffffff8, 5",
    "load, 80100000, 5",
    "load, ffffffffffffff00, 5",
    "load, 4000000000000000, 5",
    "store, 0, 7",
    "store, 80100000, 7",
    "store, ffffffffffffff00, 7",
    "amo, 0, 7",
    "amo, 10000000, 7",
    "amo, 80000001, 6",
    "lr, 80100000, 5",
    "lr, 80000004, 4",
    "jump, 0, 1",
    "jump, 80100000, 1",
    "jump, 10000000, 1",
    "jump, 80000002, 0"
  })
  void anAccessWithoutMemoryIsATrap(String kind, String hex, int cause) {
    long address = Long.parseUnsignedLong(hex, 16);
    Assembler body =
        switch (kind) {
          case "load" -> new Assembler().ld(A0, A1, 0);
          case "store" -> new Assembler().sd(A2, A1, 0);
          case "amo" -> new Assembler().amo(0, 3, A0, A1, A2);
          case "lr" -> new Assembler().amo(2, 3, A0, A1, 0);
          default -> new Assembler().jalr(ZERO, A1, 0);
        };
    try (TestHart guest = guestWithHandler(body)) {
      guest.setX(A0, 77);
      guest.setX(A1, address);
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(S0)).isEqualTo(cause);
      assertThat(guest.x(S1)).isEqualTo(address);
      assertThat(guest.x(A0)).isEqualTo(77);
    }
  }

  @ParameterizedTest
  @CsvSource({"3, 4", "2, 2", "1, 1"})
  void anAccessAcrossTheEndOfMemoryIsATrapWithoutEffect(int width, int before) {
    long end = TestHart.RAM + TestHart.RAM_BYTES;
    try (TestHart guest = guestWithHandler(new Assembler().store(width, A2, A1, 0))) {
      guest.setX(A1, end - before);
      guest.setX(A2, -1);
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(S0)).isEqualTo(Trap.STORE_ACCESS);
      assertThat(guest.x(S1)).isEqualTo(end);
      assertThat(guest.read(end - 8)).isZero();
    }
  }

  @Test
  void anUnknownInstructionIsATrap() {
    try (TestHart guest = guestWithHandler(new Assembler().raw(0xffffffff))) {
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(S0)).isEqualTo(Trap.ILLEGAL_INSTRUCTION);
      assertThat(guest.x(S1)).isEqualTo(0xffffffffL);
    }
  }

  @Test
  void registersOfDevicesThatDoNotExistReadZeroAndIgnoreWrites() {
    Assembler body = new Assembler().ld(A0, A1, 0).sd(A1, A1, 0).ld(A2, A1, 0);
    try (TestHart guest = new TestHart(body.exit(0))) {
      guest.setX(A1, Devices.CLINT_BASE + 0x3000);
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(A0)).isZero();
      assertThat(guest.x(A2)).isZero();
    }
  }

  /** mtvec is 0 at first, where there is no memory: no instruction can ever be executed again. */
  @Test
  void aGuestThatJumpsAwayWithoutATrapHandlerStopsWithAReason() {
    Assembler code = new Assembler().addi(A0, ZERO, 64).jalr(ZERO, A0, 0);
    try (AssembledMachine guest = new AssembledMachine(2, code)) {
      assertThat(guest.runToTheEnd()).isEqualTo(EmulatedMachine.FAILED);
      assertThat(guest.machine.failure())
          .contains("The guest is lost")
          .contains("at 0x0")
          .contains("no memory slot");
      guest.machine.resume();
      assertThat(guest.machine.state()).isEqualTo(Machine.State.STOPPED);
    }
  }

  @Test
  void slotsNeedNotTouchAndEachFaultsForItself() {
    long second = RAM + (8 << 20);
    List<SlotLayout> slots =
        List.of(new SlotLayout(0, RAM, 1 << 20), new SlotLayout(5, second, 1 << 20));
    Assembler code = new Assembler().li(A1, second).addi(A2, ZERO, 42).sd(A2, A1, 16);
    code.ld(A3, A1, 16).addi(A3, A3, 1).li(A1, RAM).sd(A3, A1, 0x700);
    Faults faults = new Faults();
    try (AssembledMachine guest = new AssembledMachine(1, code.exit(0), slots, faults)) {
      faults.memory = guest.memory;
      guest.machine.enableUserfault(5);
      assertThat(guest.runToTheEnd()).isZero();
      assertThat(guest.machine.failure()).isNull();
      assertThat(guest.read(second + 16)).isEqualTo(42);
      assertThat(guest.read(RAM + 0x700)).isEqualTo(43);
      assertThat(faults.seen).containsExactly("WRITE of 8 bytes at 0x80800010");
      assertThat(guest.slot(second).written().get(0)).isTrue();
      assertThat(guest.slot(second).written().get(1)).isFalse();
    }
  }

  @Test
  void anAccessMaySpanTwoAdjacentSlots() {
    long second = RAM + (1 << 20);
    List<SlotLayout> slots =
        List.of(new SlotLayout(0, RAM, 1 << 20), new SlotLayout(1, second, 1 << 20));
    Assembler code = new Assembler().li(A1, second - 3).li(A2, 0x1122334455667788L);
    code.sd(A2, A1, 0).ld(A3, A1, 0).li(A1, second + 64).sd(A3, A1, 0);
    Faults faults = new Faults();
    try (AssembledMachine guest = new AssembledMachine(1, code.exit(0), slots, faults)) {
      faults.memory = guest.memory;
      guest.machine.enableUserfault(1);
      assertThat(guest.runToTheEnd()).isZero();
      assertThat(guest.read(second + 64)).isEqualTo(0x1122334455667788L);
      assertThat(guest.read(second)).isEqualTo(0x1122334455L);
      assertThat(guest.read(second - 8)).isEqualTo(0x667788_00000000_00L);
      assertThat(faults.seen).containsExactly("WRITE of 5 bytes at 0x80100000");
    }
  }

  /** Lets every page in, and tells which. */
  private static final class Faults implements FaultHandler {
    final List<String> seen = new CopyOnWriteArrayList<>();
    volatile @Nullable GuestMemory memory;

    @Override
    public void resolve(Vcpu vcpu, VcpuExit.MemoryFault fault) {
      seen.add(fault.toString());
      long address = fault.guestPhysicalAddress();
      MemorySlot slot = Objects.requireNonNull(Objects.requireNonNull(memory).slotAt(address));
      UserfaultBitmap bitmap = Objects.requireNonNull(slot.userfault());
      bitmap.allow(PageGeometry.pages(address - slot.base()));
    }
  }
}
