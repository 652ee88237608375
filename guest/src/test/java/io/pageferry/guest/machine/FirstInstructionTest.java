package io.pageferry.guest.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.guest.FirstInstruction;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.program.ProgramParameters;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class FirstInstructionTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private static MovingGuest running(MachineSpec spec) {
    MovingGuest guest = new MovingGuest(spec, "counter", ProgramParameters.DEFAULT, 0);
    guest.machine.resume();
    guest.awaitInstructions(10_000);
    return guest;
  }

  @Test
  void aMachineThatStartsFromNothingAwaitsNone() {
    try (MovingGuest guest = running(MovingGuest.spec(1, 0))) {
      assertThat(FirstInstruction.after(0, guest.machine.vcpus())).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aMachineThatWasLoadedTellsWhenItWentOn(int harts) {
    try (MovingGuest here = running(MovingGuest.spec(harts, 0));
        MovingGuest there = here.move(0)) {
      assertThat(FirstInstruction.after(0, there.machine.vcpus())).isZero();
      long start = System.nanoTime();
      there.machine.resume();
      await()
          .atMost(PATIENCE)
          .until(() -> FirstInstruction.after(start, there.machine.vcpus()) > 0);
      long after = FirstInstruction.after(start, there.machine.vcpus());
      assertThat(after).isLessThan(System.nanoTime() - start);
      there.awaitInstructions(here.machine.vcpus().getFirst().instructions() + 10_000);
      assertThat(FirstInstruction.after(start, there.machine.vcpus())).isEqualTo(after);
    }
  }

  @Test
  void itIsTheFirstAlsoWhenItFaultsAndNoOtherIsExecutedBeforeTheClockIsRead() {
    try (MovingGuest here = running(MovingGuest.spec(1, 0));
        // The page of its code does not come.
        MovingGuest there = here.move(1)) {
      long before = here.machine.vcpus().getFirst().instructions();
      there.machine.resume();
      there.awaitHeld();
      Vcpu vcpu = there.machine.vcpus().getFirst();
      assertThat(vcpu.instructions()).isEqualTo(before);
      assertThat(vcpu.firstInstruction().at()).isEmpty();
      there.machine.pause();
      there.machine.resume();
      await().atMost(PATIENCE).until(() -> vcpu.firstInstruction().at().isPresent());
    }
  }
}
