package io.pageferry.guest.riscv;

import static io.pageferry.guest.riscv.AssembledMachine.*;
import static io.pageferry.guest.riscv.Assembler.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.machine.Machines;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageTrap;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A guest that keeps memory private. */
@Timeout(60)
class PrivateMemoryTest {
  private static final int PAGE = 4096;
  private static final int A6 = 16;
  private static final int A7 = 17;
  private static final long EXTENSION = 0x0850_464d;
  private static final long PAGE_OF_DATA = PageGeometry.pages(DATA - RAM);

  /** Converts, and leaves the answer in memory behind {@link AssembledMachine#DATA}. */
  private static Assembler converting(
      Assembler program, long base, long size, long kind, int answer) {
    return program
        .li(A0, base)
        .li(A1, size)
        .li(A2, kind)
        .li(A6, 0)
        .li(A7, EXTENSION)
        .ecall()
        .li(A3, DATA + 8L * answer)
        .sd(A0, A3, 0);
  }

  @Test
  void anEcallMakesMemoryPrivateAndSharedAgain() {
    Assembler program = new Assembler();
    converting(program, DATA, 4 * PAGE, 1, 0);
    converting(program, DATA + PAGE, PAGE, 0, 1);
    try (AssembledMachine guest = new AssembledMachine(1, program.exit(0))) {
      assertThat(guest.runToTheEnd()).isZero();
      assertThat(guest.read(DATA)).isZero();
      for (int page = -1; page < 5; page++) {
        assertThat(guest.slot(RAM).isPrivate(PAGE_OF_DATA + page))
            .as("page %d", page)
            .isEqualTo(page == 0 || page == 2 || page == 3);
      }
    }
  }

  @Test
  void whatCannotBeConvertedIsRefusedByACode() {
    Assembler program = new Assembler();
    converting(program, DATA + 8, PAGE, 1, 1);
    converting(program, DATA, 0, 1, 2);
    converting(program, DATA, 100, 1, 3);
    converting(program, 0x1000, PAGE, 1, 4);
    converting(program, RAM, 5L << 20, 1, 5);
    converting(program, DATA, PAGE, 2, 6);
    try (AssembledMachine guest = new AssembledMachine(1, program.exit(0))) {
      assertThat(guest.runToTheEnd()).isZero();
      List<Long> codes = new ArrayList<>();
      for (int answer = 1; answer <= 6; answer++) {
        codes.add(guest.read(DATA + 8L * answer));
      }
      assertThat(codes).containsExactly(-3L, -3L, -3L, -5L, -5L, -3L);
      assertThat(guest.slot(RAM).nextPrivate(0)).isNegative();
    }
  }

  @Test
  void aMovedGuestKeepsItsWish() {
    Assembler program = new Assembler();
    converting(program, DATA, 3 * PAGE, 1, 0);
    try (AssembledMachine guest = new AssembledMachine(1, program.exit(0));
        AssembledMachine other = new AssembledMachine(1, new Assembler().exit(0))) {
      assertThat(guest.runToTheEnd()).isZero();
      byte[] state = guest.machine.saveState();
      try (Machine moved = Machines.restore(state, other.memory, NO_FAULTS)) {
        assertThat(moved.saveState()).isEqualTo(state);
        assertThat(other.slot(RAM).nextPrivate(0)).isEqualTo(PAGE_OF_DATA);
        assertThat(other.slot(RAM).nextShared(PAGE_OF_DATA)).isEqualTo(PAGE_OF_DATA + 3);
      }
    }
  }

  /** A hypervisor that has all memory as shared memory, until it is told of a page. */
  private static final class WrongKind implements PageTrap, FaultHandler {
    final AtomicBoolean converted = new AtomicBoolean();
    final List<String> exits = new ArrayList<>();

    @Override
    public boolean traps(long page) {
      return page == PAGE_OF_DATA && !converted.get();
    }

    @Override
    public boolean isUserfault(long page) {
      return false;
    }

    @Override
    public void resolve(Vcpu vcpu, VcpuExit.MemoryFault fault) {
      exits.add(
          "%s private %s userfault %s"
              .formatted(fault.access(), fault.privateAccess(), fault.userfault()));
      converted.set(true);
    }
  }

  @Test
  void anAccessOfTheWrongKindExitsWithThePrivateFlagAndIsTriedAgain() {
    Assembler program = new Assembler();
    converting(program, DATA, PAGE, 1, 600);
    program.li(A1, DATA).li(A0, 77).sd(A0, A1, 0).ld(A0, A1, 0);
    WrongKind hypervisor = new WrongKind();
    try (AssembledMachine guest = new AssembledMachine(1, program.exit(0), ONE_SLOT, hypervisor)) {
      guest.slot(RAM).setTrap(hypervisor);
      assertThat(guest.runToTheEnd()).isZero();
      assertThat(guest.read(DATA)).isEqualTo(77);
      assertThat(hypervisor.exits).containsExactly("WRITE private true userfault false");
    }
  }
}
