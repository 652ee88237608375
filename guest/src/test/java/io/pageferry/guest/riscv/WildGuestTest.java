package io.pageferry.guest.riscv;

import static io.pageferry.guest.riscv.Assembler.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.guest.VcpuExit;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever a guest does, it harms only itself: nothing leaves {@link Hart#run} but an exit. */
@Timeout(120)
class WildGuestTest {
  private static final long HANDLER = TestHart.RAM + 0x4000;
  private static final long END = TestHart.RAM + TestHart.RAM_BYTES;
  private static final int TRAPPED = 9;
  private static final int CODE_WORDS = 4096;
  private static final int[] OPCODES = {
    0x37, 0x17, 0x6f, 0x67, 0x63, 0x03, 0x23, 0x13, 0x1b, 0x33, 0x3b, 0x0f, 0x2f, 0x73
  };

  private static Assembler begin() {
    return new Assembler().li(T0, HANDLER).csrw(MTVEC, T0);
  }

  /** A guest that ends itself at its first trap, with its cause, value and address in a3 to a5. */
  private static TestHart guest(Assembler program) {
    TestHart guest = new TestHart(program.exit(0));
    guest.load(
        HANDLER, new Assembler().csrr(A3, MCAUSE).csrr(A4, MTVAL).csrr(A5, MEPC).exit(TRAPPED));
    return guest;
  }

  @ParameterizedTest(name = "funct3 {1} at {0}")
  @CsvSource({
    "0, 3",
    "8, 0",
    "fff, 3",
    "7ffffff8, 3",
    "7ffffffc, 3",
    "18000000, 2",
    "80100000, 0",
    "8000000000000000, 3",
    "7ffffffffffffff8, 3",
    "fffffffffffffff8, 3",
    "ffffffffffffffff, 3",
    "ffffffff80000000, 3",
    "180000000, 1"
  })
  void aLoadOrStoreOutsideMemoryTrapsWithItsAddress(String hex, int funct3) {
    long address = Long.parseUnsignedLong(hex, 16);
    assertTraps(begin().load(funct3, A0, A1, 0), Trap.LOAD_ACCESS, address);
    assertTraps(begin().store(funct3, A0, A1, 0), Trap.STORE_ACCESS, address);
  }

  private static void assertTraps(Assembler program, int cause, long address) {
    try (TestHart guest = guest(program)) {
      guest.setX(A0, 42);
      guest.setX(A1, address);
      assertThat(guest.runToShutdown()).isEqualTo(TRAPPED);
      assertThat(guest.x(A0)).isEqualTo(42);
      assertThat(guest.x(A3)).isEqualTo(cause);
      // Of an access of several bytes, the value may be the first byte that is not accessible.
      assertThat(guest.x(A4) - address).isBetween(0L, 7L);
    }
  }

  @Test
  void anAccessThatBeginsInTheLastBytesOfMemoryChangesNothing() {
    for (int before = 1; before < Long.BYTES; before++) {
      try (TestHart guest = guest(begin().sd(A0, A1, 0))) {
        guest.write(END - Long.BYTES, 0x1122334455667788L);
        guest.setX(A0, -1);
        guest.setX(A1, END - before);
        assertThat(guest.runToShutdown()).isEqualTo(TRAPPED);
        assertThat(guest.x(A3)).isEqualTo(Trap.STORE_ACCESS);
        assertThat(guest.read(END - Long.BYTES)).isEqualTo(0x1122334455667788L);
      }
    }
  }

  @ParameterizedTest(name = "AMO {0} at {1}")
  @CsvSource({
    "0, 0",
    "2, 18000000",
    "3, 80100000",
    "1c, fffffffffffffff8",
    "0, 10000000",
    "1, 2000000"
  })
  void anAtomicOutsideMemoryTrapsEvenOnADevice(String funct5, String hex) {
    int operation = Integer.parseInt(funct5, 16);
    int cause = operation == 2 ? Trap.LOAD_ACCESS : Trap.STORE_ACCESS;
    int source = operation == 2 ? ZERO : A2;
    assertTraps(begin().amo(operation, 3, A0, A1, source), cause, Long.parseUnsignedLong(hex, 16));
  }

  @ParameterizedTest(name = "a jump to {0}")
  @CsvSource({"0", "18000000", "80100000", "10000000", "fffffffffffffffc", "8000000000000000"})
  void aJumpOutsideMemoryTrapsAtItsTarget(String hex) {
    long target = Long.parseUnsignedLong(hex, 16);
    try (TestHart guest = guest(begin().jalr(RA, A1, 0))) {
      guest.setX(A1, target);
      assertThat(guest.runToShutdown()).isEqualTo(TRAPPED);
      assertThat(guest.x(A3)).isEqualTo(Trap.INSTRUCTION_ACCESS);
      assertThat(guest.x(A4)).isEqualTo(target);
      assertThat(guest.x(A5)).isEqualTo(target);
    }
  }

  @Test
  void codeThatRunsOffTheEndOfMemoryTraps() {
    try (TestHart guest = guest(begin().jalr(ZERO, A1, 0))) {
      guest.load(END - 8, new Assembler().addi(A0, A0, 1).addi(A0, A0, 1));
      guest.setX(A1, END - 8);
      assertThat(guest.runToShutdown()).isEqualTo(TRAPPED);
      assertThat(guest.x(A0)).isEqualTo(2);
      assertThat(guest.x(A5)).isEqualTo(END);
    }
  }

  @Test
  void randomCodeOnRandomRegistersGivesNothingButExits() {
    long first = System.nanoTime();
    ScheduledExecutorService host = Executors.newSingleThreadScheduledExecutor();
    try {
      for (long seed = first; seed < first + 40; seed++) {
        runRandomCode(seed, host);
      }
    } finally {
      host.shutdownNow();
    }
  }

  private static void runRandomCode(long seed, ScheduledExecutorService host) {
    Random random = new Random(seed);
    Assembler code = new Assembler();
    for (int i = 0; i < CODE_WORDS; i++) {
      int word = (random.nextInt() & ~0x7f) | OPCODES[random.nextInt(OPCODES.length)];
      var _ = code.raw(random.nextInt(50) == 0 ? random.nextInt() : word);
    }
    try (TestHart guest = new TestHart(code, 200_000)) {
      for (int register = 1; register < 32; register++) {
        guest.setX(register, TestHart.RAM + random.nextInt(TestHart.RAM_BYTES + 4096));
      }
      // A handler that skips what trapped; the code may well replace it.
      guest.load(TestHart.RAM, skippingHandler());
      var kick = host.schedule(guest.hart::kick, 100, TimeUnit.MILLISECONDS);
      VcpuExit exit = guest.hart.run();
      assertThat(exit instanceof VcpuExit.MemoryFault fault && fault.userfault())
          .as("seed %d gave %s", seed, exit)
          .isFalse();
      assertThat(guest.x(ZERO)).isZero();
      var _ = kick.cancel(false);
    } catch (RuntimeException e) {
      throw new AssertionError("Random code of seed " + seed + " broke the hart.", e);
    }
  }

  /** Sets the trap vector to its second half, which resumes behind the instruction that trapped. */
  private static Assembler skippingHandler() {
    Assembler code = new Assembler();
    int distance = 4 * 4;
    code.auipc(T0, 0).addi(T0, T0, distance).csrw(MTVEC, T0).jal(ZERO, code.here() + 4 * 6);
    return code.csrr(T0, MEPC).addi(T0, T0, 4).csrw(MEPC, T0).mret().addi(ZERO, ZERO, 0);
  }
}
