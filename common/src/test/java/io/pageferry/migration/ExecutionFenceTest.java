package io.pageferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Rule 3: exactly one side may run the guest. */
class ExecutionFenceTest {
  private final AtomicInteger runs = new AtomicInteger();

  @Test
  void whoGaveTheGuestUpNeverRunsIt() {
    ExecutionFence source = ExecutionFence.held(1);
    source.freeze();
    source.giveUp(2);
    refused(source, ErrorCode.FENCED);
  }

  @Test
  void whoExpectsTheGuestRunsItOnlyAfterTakingIt() {
    ExecutionFence destination = ExecutionFence.expecting(2);
    refused(destination, ErrorCode.FENCED);
    destination.take(2);
    destination.whileHeld(runs::incrementAndGet);
    assertThat(runs).hasValue(1);
  }

  @Test
  void anotherEpochThanTheOneGivenUpCannotBeTaken() {
    ExecutionFence destination = ExecutionFence.expecting(2);
    assertThatThrownBy(() -> destination.take(1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> destination.take(3)).isInstanceOf(IllegalStateException.class);
    refused(destination, ErrorCode.FENCED);
  }

  @Test
  void aFrozenGuestCannotBeResumedUntilItComesBack() {
    ExecutionFence source = ExecutionFence.held(1);
    source.freeze();
    refused(source, ErrorCode.WRONG_GUEST_STATE);
    source.comeBack();
    source.whileHeld(runs::incrementAndGet);
    assertThat(source.epoch()).isEqualTo(1);
  }

  @Test
  void comingBackAfterTheRightWasGivenUpMakesTheDestinationsEpochOld() {
    ExecutionFence source = ExecutionFence.held(1);
    source.freeze();
    source.giveUp(2);
    source.comeBack();
    source.whileHeld(runs::incrementAndGet);
    assertThat(source.epoch()).isEqualTo(3);
  }

  @Test
  void theRightPassesOnlyToANewerEpochAndOnlyFromAFrozenGuest() {
    ExecutionFence source = ExecutionFence.held(5);
    assertThatThrownBy(() -> source.giveUp(6)).isInstanceOf(IllegalStateException.class);
    source.freeze();
    assertThatThrownBy(() -> source.giveUp(5)).isInstanceOf(IllegalStateException.class);
  }

  private void refused(ExecutionFence fence, ErrorCode code) {
    assertThatThrownBy(() -> fence.whileHeld(runs::incrementAndGet))
        .isInstanceOfSatisfying(
            PageFerryException.class, e -> assertThat(e.code()).isEqualTo(code));
    assertThat(runs).hasValue(0);
  }
}
