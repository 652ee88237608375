package io.pageferry.guest.riscv;

import static io.pageferry.guest.riscv.AssembledMachine.DATA;
import static io.pageferry.guest.riscv.AssembledMachine.patiently;
import static io.pageferry.guest.riscv.Assembler.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.UserfaultBitmap;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several harts at once: atomicity, mappings, sleep. */
@Timeout(120)
class HartsTest {
  private static final int HARTS = 4;
  private static final int ROUNDS = 20_000;

  /** The last hart to arrive ends the guest; the others sleep. Uses a3 to a5. */
  private static Assembler end(Assembler code, int harts, long arrivals) {
    code.li(A3, arrivals).addi(A5, ZERO, 1).amo(0, 3, A4, A3, A5).addi(A5, ZERO, harts - 1);
    code.beq(A4, A5, code.here() + 12);
    int asleep = code.here();
    return code.wfi().jal(ZERO, asleep).exit(0);
  }

  private static final long ARRIVALS = DATA + 0x1000;

  @Test
  void wordsThatShareADoubleWordAreChangedIndependently() {
    // Even harts add to the lower word, odd ones to the upper.
    Assembler code = new Assembler().csrr(A1, MHARTID).i(0x13, 7, A1, A1, 1).slli(A1, A1, 2);
    code.li(A2, DATA).add(A1, A1, A2).li(A2, ROUNDS).addi(A5, ZERO, 1);
    int top = code.here();
    code.amo(0, 2, ZERO, A1, A5).addi(A2, A2, -1).bne(A2, ZERO, top);
    try (AssembledMachine guest = new AssembledMachine(HARTS, end(code, HARTS, ARRIVALS))) {
      assertThat(guest.runToTheEnd()).isZero();
      assertThat(guest.readWord(DATA)).isEqualTo(ROUNDS * HARTS / 2);
      assertThat(guest.readWord(DATA + 4)).isEqualTo(ROUNDS * HARTS / 2);
    }
  }

  @ParameterizedTest(name = "width {0}")
  @ValueSource(ints = {2, 3})
  void storeConditionalNeverLosesAnIncrement(int width) {
    Assembler code = new Assembler().li(A1, DATA).li(A2, ROUNDS);
    int retry = code.here();
    code.amo(2, width, A4, A1, 0).addi(A4, A4, 1).amo(3, width, A5, A1, A4);
    code.bne(A5, ZERO, retry).addi(A2, A2, -1).bne(A2, ZERO, retry);
    try (AssembledMachine guest = new AssembledMachine(HARTS, end(code, HARTS, ARRIVALS))) {
      assertThat(guest.runToTheEnd()).isZero();
      assertThat(guest.read(DATA)).isEqualTo((long) ROUNDS * HARTS);
    }
  }

  /** The counter is changed by a plain load and store, so a broken lock loses increments. */
  @Test
  void aSpinlockOfSwapsExcludesTheOtherHarts() {
    int rounds = 2_000;
    Assembler code = new Assembler().li(A1, DATA).li(A2, rounds).addi(A5, ZERO, 1);
    int acquire = code.here();
    code.amo(1, 2, A4, A1, A5).bne(A4, ZERO, acquire);
    code.ld(A4, A1, 8).addi(A4, A4, 1).sd(A4, A1, 8);
    code.amo(1, 2, ZERO, A1, ZERO).addi(A2, A2, -1).bne(A2, ZERO, acquire);
    try (AssembledMachine guest = new AssembledMachine(HARTS, end(code, HARTS, ARRIVALS))) {
      assertThat(guest.runToTheEnd()).isZero();
      assertThat(guest.read(DATA + 8)).isEqualTo((long) rounds * HARTS);
    }
  }

  @Test
  void maximaMinimaAndBitsOfAllHartsAreCombined() {
    // Each hart combines 1 << hart with or and xor, and its number with maximum and minimum.
    Assembler code = new Assembler().csrr(A1, MHARTID).addi(A2, ZERO, 1).op(1, 0, A2, A2, A1);
    code.li(A3, DATA).amo(0x08, 3, ZERO, A3, A2).addi(A3, A3, 8).amo(0x04, 3, ZERO, A3, A2);
    code.addi(A3, A3, 8).amo(0x14, 3, ZERO, A3, A1).op(0, 0x20, A1, ZERO, A1);
    code.addi(A3, A3, 8).amo(0x10, 3, ZERO, A3, A1);
    try (AssembledMachine guest = new AssembledMachine(HARTS, end(code, HARTS, ARRIVALS))) {
      assertThat(guest.runToTheEnd()).isZero();
      assertThat(guest.read(DATA)).isEqualTo((1 << HARTS) - 1);
      assertThat(guest.read(DATA + 8)).isEqualTo((1 << HARTS) - 1);
      assertThat(guest.read(DATA + 16)).isEqualTo(HARTS - 1);
      assertThat(guest.read(DATA + 24)).isEqualTo(1 - HARTS);
    }
  }

  @Test
  void sixtyFourHartsRunAndSeeTheirOwnNumbers() {
    int harts = MachineSpec.MAX_VCPUS;
    Assembler code = new Assembler().csrr(A1, MHARTID).slli(A1, A1, 3).li(A2, DATA);
    code.add(A2, A1, A2).csrr(A1, MHARTID).addi(A1, A1, 1).sd(A1, A2, 0);
    try (AssembledMachine guest = new AssembledMachine(harts, end(code, harts, ARRIVALS))) {
      assertThat(guest.runToTheEnd()).isZero();
      for (int hart = 0; hart < harts; hart++) {
        assertThat(guest.read(DATA + hart * 8L)).isEqualTo(hart + 1);
      }
    }
  }

  /** Each hart counts in a page of its own until the machine is closed. */
  private static Assembler countInOwnPage() {
    Assembler code = new Assembler().csrr(A1, MHARTID).slli(A1, A1, 12).li(A2, DATA);
    code.add(A1, A1, A2);
    int top = code.here();
    return code.ld(A2, A1, 0).addi(A2, A2, 1).sd(A2, A1, 0).jal(ZERO, top);
  }

  @Test
  void switchingUserfaultOnDropsTheMappingsOfEveryRunningHart() {
    CodeComesDataDoesNot handler = new CodeComesDataDoesNot();
    try (AssembledMachine guest =
        new AssembledMachine(HARTS, countInOwnPage(), AssembledMachine.ONE_SLOT, handler)) {
      handler.memory = guest.memory;
      guest.machine.resume();
      for (int hart = 0; hart < HARTS; hart++) {
        long address = DATA + PageGeometry.bytes(hart);
        patiently().until(() -> guest.read(address) > 1000);
      }
      guest.machine.enableUserfault(0);
      assertThat(guest.machine.state()).isEqualTo(Machine.State.RUNNING);
      patiently().until(() -> handler.waiting.size() == HARTS);
      long[] counts = new long[HARTS];
      for (int round = 0; round < 2; round++) {
        for (int hart = 0; hart < HARTS; hart++) {
          long count = guest.read(DATA + PageGeometry.bytes(hart));
          assertThat(round == 0 ? count : counts[hart]).isEqualTo(count);
          counts[hart] = count;
        }
        LockSupport.parkNanos(5_000_000);
      }
      guest.machine.disableUserfault(0);
      for (int hart = 0; hart < HARTS; hart++) {
        long address = DATA + PageGeometry.bytes(hart);
        long before = counts[hart];
        patiently().until(() -> guest.read(address) > before);
      }
    }
  }

  /** Lets pages of code in, and leaves a vCPU that wants another waiting. Any thread. */
  private static final class CodeComesDataDoesNot implements FaultHandler {
    final Set<Integer> waiting = ConcurrentHashMap.newKeySet();
    volatile @Nullable GuestMemory memory;

    @Override
    public void resolve(Vcpu vcpu, VcpuExit.MemoryFault fault) {
      if (fault.access() == VcpuExit.Access.EXECUTE) {
        MemorySlot slot = Objects.requireNonNull(memory).slots().getFirst();
        UserfaultBitmap bitmap = Objects.requireNonNull(slot.userfault());
        bitmap.lift(PageGeometry.pages(fault.guestPhysicalAddress() - slot.base()), 1);
        return;
      }
      var _ = waiting.add(vcpu.index());
      while (!vcpu.kicked()) {
        LockSupport.park();
      }
    }
  }

  @Test
  void aHartThatWaitsForAnInterruptSleeps() {
    Assembler code = new Assembler();
    int top = code.here();
    code.wfi().jal(ZERO, top);
    try (AssembledMachine guest = new AssembledMachine(2, code)) {
      guest.machine.resume();
      patiently()
          .until(() -> guest.machine.vcpus().get(1).instructions() > 0 && threadsThatWait() == 2);
      long before = guest.machine.vcpus().get(0).instructions();
      LockSupport.parkNanos(20_000_000);
      assertThat(guest.machine.vcpus().get(0).instructions()).isEqualTo(before);
      assertThat(threadsThatWait()).isEqualTo(2);
    }
  }

  private static long threadsThatWait() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("vcpu-"))
        .filter(thread -> thread.getState() == Thread.State.WAITING)
        .count();
  }
}
