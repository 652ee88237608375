package io.pageferry.guest.riscv;

import static io.pageferry.guest.riscv.AssembledMachine.DATA;
import static io.pageferry.guest.riscv.AssembledMachine.patiently;
import static io.pageferry.guest.riscv.Assembler.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.guest.Machine;
import io.pageferry.guest.device.Clint;
import io.pageferry.guest.machine.Machines;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Timer and software interrupts. */
@Timeout(60)
class InterruptTest {
  private static final long HANDLER = TestHart.RAM + 0x4000;
  private static final long TIMER = 1L << 63 | Csrs.TIMER_INTERRUPT;
  private static final long SOFTWARE = 1L << 63 | Csrs.SOFTWARE_INTERRUPT;
  private static final long MTIMECMP = Clint.BASE + 0x4000;
  private static final int TIMER_ENABLE = 1 << Csrs.TIMER_INTERRUPT;
  private static final int SOFTWARE_ENABLE = 1 << Csrs.SOFTWARE_INTERRUPT;

  /** Sets the handler, the bits of mie, and then MIE in mstatus. */
  private static Assembler enable(int interrupts) {
    Assembler code = new Assembler().li(T0, HANDLER).csrw(MTVEC, T0);
    return code.addi(T0, ZERO, interrupts).csrw(MIE, T0).csrrwi(ZERO, MSTATUS, 8);
  }

  private static TestHart guest(Assembler code, long limit) {
    TestHart guest = new TestHart(code, limit);
    guest.load(HANDLER, new Assembler().csrr(S0, MCAUSE).csrr(S1, MEPC).csrr(A5, MSTATUS).exit(0));
    return guest;
  }

  /** A counting clock makes ten instructions a tick, so the moment is exact. */
  @Test
  void theTimerInterruptsACountingHartAfterAnExactNumberOfInstructions() {
    Assembler code = new Assembler().li(A1, MTIMECMP).li(A2, 1000).sd(A2, A1, 0);
    code.append(enable(TIMER_ENABLE));
    int instructionsBefore = code.here() / 4;
    int top = code.here();
    code.addi(A0, A0, 1).jal(ZERO, top);
    try (TestHart guest = guest(code, 1_000_000)) {
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(S0)).isEqualTo(TIMER);
      assertThat(guest.x(A0)).isEqualTo((10_000 - instructionsBefore + 1) / 2);
      assertThat(guest.x(A5) & 0x88).isEqualTo(0x80);
    }
  }

  @Test
  void theTimerWakesAHartThatWaits() {
    Assembler code = new Assembler().li(A1, Clint.BASE + 0xbff8).ld(A2, A1, 0);
    code.li(A3, 20_000).add(A2, A2, A3).li(A1, MTIMECMP).sd(A2, A1, 0);
    code.append(enable(TIMER_ENABLE));
    int top = code.here();
    code.wfi().jal(ZERO, top);
    code = code.padTo((int) (HANDLER - TestHart.RAM)).csrr(S0, MCAUSE).li(A1, DATA).sd(S0, A1, 0);
    try (AssembledMachine guest = new AssembledMachine(1, code.exit(0))) {
      assertThat(guest.runToTheEnd()).isZero();
      assertThat(guest.read(DATA)).isEqualTo(TIMER);
    }
  }

  @Test
  void aSoftwareInterruptOfOneHartReachesAnotherThatSpins() {
    Assembler code = enable(SOFTWARE_ENABLE).csrr(A0, MHARTID);
    code.beq(A0, ZERO, code.here() + 8);
    int spin = code.here();
    code.jal(ZERO, spin).li(A1, Clint.BASE + 4).addi(A2, ZERO, 1).sw(A2, A1, 0);
    int wait = code.here();
    code.wfi().jal(ZERO, wait);
    assertThatTheSecondHartIsInterrupted(code);
  }

  @Test
  void aSoftwareInterruptWakesAHartThatWaits() {
    Assembler code = enable(SOFTWARE_ENABLE).csrr(A0, MHARTID);
    code.beq(A0, ZERO, code.here() + 12);
    int sleep = code.here();
    code.wfi().jal(ZERO, sleep).li(A1, Clint.BASE + 4).addi(A2, ZERO, 1).sw(A2, A1, 0);
    int wait = code.here();
    code.wfi().jal(ZERO, wait);
    assertThatTheSecondHartIsInterrupted(code);
  }

  private static void assertThatTheSecondHartIsInterrupted(Assembler main) {
    Assembler code = main.padTo((int) (HANDLER - TestHart.RAM)).csrr(S0, MCAUSE).csrr(S1, MHARTID);
    code.li(A1, DATA).sd(S0, A1, 0).sd(S1, A1, 8);
    try (AssembledMachine guest = new AssembledMachine(2, code.exit(0))) {
      assertThat(guest.runToTheEnd()).isZero();
      assertThat(guest.read(DATA)).isEqualTo(SOFTWARE);
      assertThat(guest.read(DATA + 8)).isEqualTo(1);
    }
  }

  @Test
  void aDisabledInterruptStaysPendingUntilItIsEnabled() {
    Assembler code = new Assembler().li(A1, Clint.BASE).addi(A2, ZERO, 1).sw(A2, A1, 0);
    code.csrr(A3, MIP).addi(A0, A0, 1).append(enable(SOFTWARE_ENABLE)).addi(A0, A0, 1);
    try (TestHart guest = guest(code.exit(9), 0)) {
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(A3)).isEqualTo(SOFTWARE_ENABLE);
      assertThat(guest.x(S0)).isEqualTo(SOFTWARE);
      assertThat(guest.x(A0)).isEqualTo(1);
    }
  }

  /** A guest does not notice how long it was paused: its time stands still. */
  @Test
  void aTimerThatIsSetGoesOffInTheMachineThatTheGuestWasMovedTo() {
    Assembler code = new Assembler().li(A1, Clint.BASE + 0xbff8).ld(A2, A1, 0);
    code.li(A3, 3_000_000).add(A2, A2, A3).li(A1, MTIMECMP).sd(A2, A1, 0);
    code.append(enable(TIMER_ENABLE)).li(A1, DATA).sd(A1, A1, 8);
    int top = code.here();
    code.wfi().jal(ZERO, top);
    code = code.padTo((int) (HANDLER - TestHart.RAM)).csrr(S0, MCAUSE).li(A1, DATA).sd(S0, A1, 0);
    try (AssembledMachine first = new AssembledMachine(1, code.exit(0))) {
      first.machine.resume();
      patiently().until(() -> first.read(DATA + 8) == DATA);
      first.machine.pause();
      try (Machine second =
          Machines.restore(first.machine.saveState(), first.memory, AssembledMachine.NO_FAULTS)) {
        second.resume();
        patiently().until(() -> second.state() == Machine.State.STOPPED);
        assertThat(second.exitCode()).isZero();
        assertThat(first.read(DATA)).isEqualTo(TIMER);
      }
    }
  }
}
