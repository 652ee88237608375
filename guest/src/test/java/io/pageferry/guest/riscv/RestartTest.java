package io.pageferry.guest.riscv;

import static io.pageferry.guest.riscv.Assembler.*;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.VcpuExit.Access;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.UserfaultBitmap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An instruction that faults has no side effect, and runs again once its page is there. */
class RestartTest {
  private static final long DATA = TestHart.RAM + 0x8000;
  private static final long NEXT_PAGE = DATA + PageGeometry.PAGE_SIZE;
  private static final long OLD = 0x0102030405060708L;
  private static final long SOURCE = 0x1122334455667788L;

  /** An instruction under test: it addresses memory with a1 and takes a2, it may write a0. */
  record Case(String name, Access access, int size, UnaryOperator<Assembler> instruction) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Stream<Case> accesses() {
    String[] loads = {"lb", "lh", "lw", "ld", "lbu", "lhu", "lwu"};
    String[] stores = {"sb", "sh", "sw", "sd"};
    Stream.Builder<Case> all = Stream.builder();
    for (int funct3 = 0; funct3 < loads.length; funct3++) {
      int width = funct3;
      all.add(
          new Case(
              loads[width], Access.READ, 1 << (width & 3), code -> code.load(width, A0, A1, 0)));
    }
    for (int funct3 = 0; funct3 < stores.length; funct3++) {
      int width = funct3;
      all.add(
          new Case(stores[width], Access.WRITE, 1 << width, code -> code.store(width, A2, A1, 0)));
    }
    int[] atomics = {0x00, 0x01, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c};
    for (int width = 2; width <= 3; width++) {
      int funct3 = width;
      for (int funct5 : atomics) {
        String name = "amo " + Integer.toHexString(funct5) + (width == 2 ? ".w" : ".d");
        all.add(
            new Case(name, Access.WRITE, 1 << width, code -> code.amo(funct5, funct3, A0, A1, A2)));
      }
      all.add(
          new Case(
              width == 2 ? "lr.w" : "lr.d",
              Access.READ,
              1 << width,
              code -> code.amo(2, funct3, A0, A1, 0)));
    }
    return all.build();
  }

  /** A hart at the first of two instructions, the other of which ends the guest. */
  private static TestHart guest(Case instruction, long address) {
    TestHart guest = new TestHart(instruction.instruction.apply(new Assembler()).exit(0));
    guest.write(DATA, OLD);
    guest.write(NEXT_PAGE - 8, OLD);
    guest.write(NEXT_PAGE, OLD);
    guest.setX(A0, 0x5a5a);
    guest.setX(A1, address);
    guest.setX(A2, SOURCE);
    return guest;
  }

  private static UserfaultBitmap faultOnDataOnly(TestHart guest) {
    UserfaultBitmap bitmap = guest.slot.enableUserfault();
    for (long page = 0; page < guest.slot.pageCount(); page++) {
      if (page != page(DATA) && page != page(NEXT_PAGE)) {
        bitmap.lift(page, 1);
      }
    }
    guest.hart.dropMappings();
    return bitmap;
  }

  private static long page(long address) {
    return PageGeometry.pages(address - TestHart.RAM);
  }

  private static byte[] ram(TestHart guest) {
    return guest.slot.segment().toArray(JAVA_BYTE);
  }

  private static void assertFaultsWithoutEffect(
      TestHart guest, Access access, long address, int size) {
    byte[] registers = guest.save();
    byte[] memory = ram(guest);
    for (int attempt = 0; attempt < 3; attempt++) {
      VcpuExit exit = guest.hart.run();
      assertThat(exit).isInstanceOf(VcpuExit.MemoryFault.class);
      VcpuExit.MemoryFault fault = (VcpuExit.MemoryFault) exit;
      assertThat(fault.userfault()).isTrue();
      assertThat(fault.access()).isEqualTo(access);
      assertThat(fault.guestPhysicalAddress()).isEqualTo(address);
      assertThat(fault.sizeBytes()).isEqualTo(size);
      assertThat(guest.save()).isEqualTo(registers);
      assertThat(ram(guest)).isEqualTo(memory);
    }
  }

  /** What the same code does where nothing faults. */
  private static void assertEndsAsWithoutFaults(TestHart guest, Case instruction, long address) {
    try (TestHart reference = guest(instruction, address)) {
      assertThat(reference.runToShutdown()).isZero();
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.save()).isEqualTo(reference.save());
      assertThat(ram(guest)).isEqualTo(ram(reference));
    }
  }

  @ParameterizedTest
  @MethodSource("accesses")
  void anAccessThatFaultsHasNoEffectAndRunsAgain(Case instruction) {
    try (TestHart guest = guest(instruction, DATA)) {
      UserfaultBitmap bitmap = faultOnDataOnly(guest);
      assertFaultsWithoutEffect(guest, instruction.access, DATA, instruction.size);
      assertThat(guest.slot.written().get(page(DATA))).isFalse();
      bitmap.lift(page(DATA), 1);
      assertEndsAsWithoutFaults(guest, instruction, DATA);
      assertThat(guest.slot.written().get(page(DATA)))
          .isEqualTo(instruction.access == Access.WRITE);
    }
  }

  @ParameterizedTest
  @MethodSource("accesses")
  void anAccessToALostPageRaisesAMachineCheckAndHasNoEffect(Case instruction) {
    Assembler code = instruction.instruction.apply(new Assembler()).exit(1);
    try (TestHart guest = new TestHart(code)) {
      guest.setX(A0, 0x5a5a);
      guest.setX(A1, DATA);
      guest.setX(A2, SOURCE);
      // Without a handler the trap goes to address 0, where there is no memory.
      guest.slot.poison(page(DATA));
      byte[] memory = ram(guest);
      VcpuExit exit = guest.hart.run();
      assertThat(exit).isInstanceOf(VcpuExit.MemoryFault.class);
      assertThat(((VcpuExit.MemoryFault) exit).userfault()).isFalse();
      assertThat(ram(guest)).isEqualTo(memory);
      assertThat(guest.slot.unpoison(page(DATA))).isTrue();
    }
  }

  private static Stream<Arguments> crossings() {
    return accesses()
        .filter(access -> access.size > 1 && !access.name.contains("."))
        .filter(access -> !access.name.startsWith("amo"))
        .flatMap(access ->
            Stream.of(1, access.size - 1).distinct().map(before -> Arguments.of(access, before)));
  }

  @ParameterizedTest(name = "{0}, {1} bytes in the first page")
  @MethodSource("crossings")
  void anAccessAcrossPagesFaultsOnEachWithoutEffect(Case instruction, int before) {
    long address = NEXT_PAGE - before;
    try (TestHart guest = guest(instruction, address)) {
      UserfaultBitmap bitmap = faultOnDataOnly(guest);
      assertFaultsWithoutEffect(guest, instruction.access, address, before);
      bitmap.lift(page(DATA), 1);
      assertFaultsWithoutEffect(guest, instruction.access, NEXT_PAGE, instruction.size - before);
      bitmap.lift(page(NEXT_PAGE), 1);
      assertEndsAsWithoutFaults(guest, instruction, address);
    }
  }

  @Test
  void anAccessAcrossPagesFaultsOnTheSecondAlone() {
    Case store = new Case("sd", Access.WRITE, 8, code -> code.sd(A2, A1, 0));
    try (TestHart guest = guest(store, NEXT_PAGE - 4)) {
      UserfaultBitmap bitmap = faultOnDataOnly(guest);
      bitmap.lift(page(DATA), 1);
      assertFaultsWithoutEffect(guest, Access.WRITE, NEXT_PAGE, 4);
      bitmap.lift(page(NEXT_PAGE), 1);
      assertEndsAsWithoutFaults(guest, store, NEXT_PAGE - 4);
    }
  }

  @Test
  void aStoreConditionalThatFaultsKeepsItsReservation() {
    Assembler reserve = new Assembler().amo(2, 3, A0, A1, 0).jalr(ZERO, A4, 0);
    try (TestHart guest = new TestHart(reserve)) {
      guest.load(NEXT_PAGE, new Assembler().amo(3, 3, A3, A1, A2).exit(0));
      guest.write(DATA, OLD);
      guest.setX(A1, DATA);
      guest.setX(A2, SOURCE);
      guest.setX(A3, 7);
      guest.setX(A4, NEXT_PAGE);
      faultOnDataOnly(guest).lift(page(DATA), 1);
      assertReachesTheNextPage(guest);
      guest.slot.disableUserfault();
      UserfaultBitmap bitmap = faultOnDataOnly(guest);
      bitmap.lift(page(NEXT_PAGE), 1);
      assertFaultsWithoutEffect(guest, Access.WRITE, DATA, 8);
      bitmap.lift(page(DATA), 1);
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(A3)).isZero();
      assertThat(guest.read(DATA)).isEqualTo(SOURCE);
    }
  }

  private static void assertReachesTheNextPage(TestHart guest) {
    assertThat(guest.hart.run()).isInstanceOf(VcpuExit.MemoryFault.class);
    assertThat(guest.x(A0)).isEqualTo(OLD);
    assertFaultsWithoutEffect(guest, Access.EXECUTE, NEXT_PAGE, 4);
  }

  @Test
  void aFetchThatFaultsHasNoEffectAndRunsAgain() {
    Assembler jump = new Assembler().jalr(RA, A1, 0);
    try (TestHart guest = new TestHart(jump)) {
      guest.load(DATA, new Assembler().addi(A0, A0, 1).exit(0));
      guest.setX(A1, DATA);
      UserfaultBitmap bitmap = faultOnDataOnly(guest);
      assertThat(guest.hart.run()).isInstanceOf(VcpuExit.MemoryFault.class);
      assertThat(guest.pc()).isEqualTo(DATA);
      assertThat(guest.x(RA)).isEqualTo(TestHart.RAM + 4);
      assertFaultsWithoutEffect(guest, Access.EXECUTE, DATA, 4);
      bitmap.lift(page(DATA), 1);
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(A0)).isEqualTo(1);
    }
  }

  @Test
  void codeThatRunsIntoTheNextPageFaultsAtItsFirstInstruction() {
    try (TestHart guest = new TestHart(new Assembler().jalr(ZERO, A1, -4))) {
      guest.load(NEXT_PAGE - 4, new Assembler().addi(A0, A0, 1).addi(A0, A0, 1).exit(0));
      guest.setX(A1, NEXT_PAGE);
      UserfaultBitmap bitmap = faultOnDataOnly(guest);
      bitmap.lift(page(DATA), 1);
      assertThat(guest.hart.run()).isInstanceOf(VcpuExit.MemoryFault.class);
      assertThat(guest.x(A0)).isEqualTo(1);
      assertFaultsWithoutEffect(guest, Access.EXECUTE, NEXT_PAGE, 4);
      bitmap.lift(page(NEXT_PAGE), 1);
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(A0)).isEqualTo(2);
    }
  }

  /** A reader's mapping must not let a writer in before the page is marked. */
  @Test
  void aWriteAfterAReadStillMarksThePageWritten() {
    Assembler code = new Assembler().ld(A0, A1, 0).sd(A2, A1, 0);
    try (TestHart guest = new TestHart(code.exit(0))) {
      guest.setX(A1, DATA);
      guest.setX(A2, SOURCE);
      assertThat(guest.slot.written().get(page(DATA))).isFalse();
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.slot.written().get(page(DATA))).isTrue();
    }
  }
}
