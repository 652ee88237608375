package io.pageferry.guest.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.program.ProgramParameters;
import io.pageferry.memory.SlotLayout;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A guest that was saved, and loaded into another machine, goes on as if nothing had happened. */
@Timeout(120)
class ContinuationTest {
  private static final long FIRST_SEED = 20261125;
  private static final int SEEDS = 20;
  private static final List<String> PROGRAMS = List.of("counter", "touch", "kv", "smp", "isa");

  private static LongStream seeds() {
    return LongStream.range(FIRST_SEED, FIRST_SEED + SEEDS);
  }

  /**
   * Registers, devices, console and every byte of memory after N instructions; the moves are at a
   * page fault of seeded number, and at whatever moment a pause meets.
   */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aHartStoppedAfterCountedInstructionsIsTheSameWithAndWithoutMoves(long seed) {
    Random random = new Random(seed);
    String program = PROGRAMS.get((int) (seed % PROGRAMS.size()));
    long limit = 100_000 + random.nextLong(2_000_000);
    ProgramParameters parameters = new ProgramParameters(seed, 0, random.nextBoolean());
    MachineSpec spec = MovingGuest.spec(1, limit);
    try (MovingGuest still = new MovingGuest(spec, program, parameters, 0)) {
      still.runToTheEnd();
      long move = 1 + random.nextLong(still.faults());
      String description =
          "seed %d: %s, %d instructions, moved at fault %d".formatted(seed, program, limit, move);
      try (MovingGuest first = new MovingGuest(spec, program, parameters, move)) {
        first.machine.resume();
        first.awaitHeld();
        assertThat(first.machine.vcpus().getFirst().instructions()).isLessThan(limit);
        try (MovingGuest second = first.move(0)) {
          second.machine.resume();
          try (MovingGuest third = second.move(0)) {
            third.runToTheEnd();
            assertSame(third, still, limit, description);
          }
        }
      }
    }
  }

  private static void assertSame(MovingGuest moved, MovingGuest still, long limit, String name) {
    moved.drain();
    assertThat(moved.machine.vcpus().getFirst().instructions()).as(name).isLessThanOrEqualTo(limit);
    assertThat(moved.machine.exitCode()).as(name).isEqualTo(still.machine.exitCode());
    assertThat(moved.machine.saveState()).as(name).isEqualTo(still.machine.saveState());
    for (int slot = 0; slot < still.memory.slots().size(); slot++) {
      long difference =
          moved
              .memory
              .slots()
              .get(slot)
              .segment()
              .mismatch(still.memory.slots().get(slot).segment());
      assertThat(difference).as("%s: first different byte of slot %d", name, slot).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @CsvSource({"counter, 3", "touch, 1", "kv, 2", "smp, 4", "dma, 1", "confidential, 1"})
  void aProgramThatWasMovedThreeTimesPassesItsOwnCheck(String program, int harts) {
    MachineSpec spec = MovingGuest.spec(harts, 0);
    try (MovingGuest first = new MovingGuest(spec, program, ProgramParameters.DEFAULT, 0)) {
      moveOnAndCheck(first, program, 3);
    }
  }

  private static void moveOnAndCheck(MovingGuest guest, String program, int moves) {
    long before = guest.machine.vcpus().getFirst().instructions();
    guest.machine.resume();
    guest.awaitInstructions(before + 300_000);
    if (moves > 0) {
      try (MovingGuest next = guest.move(0)) {
        moveOnAndCheck(next, program, moves - 1);
      }
      return;
    }
    assertThat(guest.machine.console().send(new byte[] {'q'})).isTrue();
    guest.runToTheEnd();
    assertThat(guest.output()).contains("\nPASS " + program + ": ");
    assertThat(guest.machine.exitCode()).isZero();
  }

  @Test
  void aGuestOfSeveralAdjacentSlotsGoesOnAsWell() {
    long quarter = MovingGuest.RAM_BYTES / 4;
    List<SlotLayout> slots =
        List.of(
            new SlotLayout(0, MachineSpec.RAM_BASE, quarter),
            new SlotLayout(3, MachineSpec.RAM_BASE + quarter, 2 * quarter),
            new SlotLayout(7, MachineSpec.RAM_BASE + 3 * quarter, quarter));
    long limit = 1_000_000;
    MachineSpec spec = new MachineSpec("slots", 1, slots, new MachineSpec.Kind.Riscv(), limit);
    ProgramParameters parameters = ProgramParameters.DEFAULT;
    try (MovingGuest still = new MovingGuest(spec, "kv", parameters, 0);
        MovingGuest first = new MovingGuest(spec, "kv", parameters, 100)) {
      still.runToTheEnd();
      first.machine.resume();
      first.awaitHeld();
      try (MovingGuest second = first.move(0)) {
        second.runToTheEnd();
        assertSame(second, still, limit, "three slots");
      }
    }
  }

  @Test
  void savingTwiceGivesTheSameBytesAndTheSavedGuestGoesOn() {
    MachineSpec spec = MovingGuest.spec(2, 0);
    try (MovingGuest guest = new MovingGuest(spec, "smp", ProgramParameters.DEFAULT, 0)) {
      guest.machine.resume();
      guest.awaitInstructions(100_000);
      guest.machine.pause();
      byte[] state = guest.machine.saveState();
      assertThat(guest.machine.saveState()).isEqualTo(state);
      long before = guest.machine.vcpus().getFirst().instructions();
      guest.machine.resume();
      guest.awaitInstructions(before);
    }
  }
}
