package io.pageferry.guest.riscv;

import static io.pageferry.guest.riscv.Assembler.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.guest.Machine;
import io.pageferry.guest.device.Clint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A guest that loses its way. */
@Timeout(60)
class LostGuestTest {
  private static final long HANDLER = TestHart.RAM + 0x4000;

  /** Keeps the cause in s0, the value in s1 and the place in a5. */
  private static TestHart guestWithHandler(Assembler body) {
    Assembler code = new Assembler().li(T0, HANDLER).csrw(MTVEC, T0);
    TestHart guest = new TestHart(code.append(body).exit(9));
    guest.load(HANDLER, new Assembler().csrr(S0, MCAUSE).csrr(S1, MTVAL).csrr(A5, MEPC).exit(0));
    return guest;
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
      guest.setX(A1, Clint.BASE + 0x3000);
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
      assertThat(guest.runToTheEnd()).isEqualTo(-1);
      assertThat(guest.machine.failure())
          .contains("The guest is lost")
          .contains("at 0x0")
          .contains("no memory slot");
      guest.machine.resume();
      assertThat(guest.machine.state()).isEqualTo(Machine.State.STOPPED);
    }
  }
}
