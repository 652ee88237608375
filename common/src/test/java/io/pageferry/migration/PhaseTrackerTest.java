package io.pageferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PhaseTrackerTest {
  private final AtomicLong clock = new AtomicLong(1_000);
  private final PhaseTracker tracker =
      new PhaseTracker(
          new MigrationKey(UUID.randomUUID(), UUID.randomUUID(), 2), Phase.SETUP, clock::get);

  @Test
  void theTimelineHoldsEachPhaseWithItsTime() {
    clock.addAndGet(5);
    tracker.enter(Phase.SWITCHOVER);
    clock.addAndGet(7);
    tracker.enter(Phase.POSTCOPY_ACTIVE);
    assertThat(tracker.timeline())
        .containsExactly(
            new PhaseTracker.Entry(Phase.SETUP, 0),
            new PhaseTracker.Entry(Phase.SWITCHOVER, 5),
            new PhaseTracker.Entry(Phase.POSTCOPY_ACTIVE, 12));
  }

  @Test
  void theClockStopsWhenTheMigrationIsOver() {
    clock.addAndGet(5);
    tracker.enter(Phase.CANCELLED, ErrorCode.CANCELLED, "By request.");
    clock.addAndGet(100);
    assertThat(tracker.elapsedNanos()).isEqualTo(5);
    assertThat(tracker.reason())
        .contains(new PhaseTracker.Reason(ErrorCode.CANCELLED, "By request."));
  }

  @Test
  void anIllegalTransitionIsRefusedAndChangesNothing() {
    assertThatThrownBy(() -> tracker.enter(Phase.COMPLETED))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("SETUP to COMPLETED");
    assertThat(tracker.phase()).isEqualTo(Phase.SETUP);
    assertThat(tracker.timeline()).hasSize(1);
  }

  @Test
  void noPhaseAfterSwitchoverLeadsBackToTheSource() {
    for (Phase phase : Phase.values()) {
      if (phase.isAfterSwitchover()) {
        assertThat(phase.mayBecome(Phase.CANCELLED)).as("%s to CANCELLED", phase).isFalse();
      }
    }
  }

  @Test
  void aMigrationThatIsUnderWayCanAlwaysBeGivenUp() {
    for (Phase phase : Phase.values()) {
      assertThat(phase.mayBecome(Phase.FAILED))
          .as("%s to FAILED", phase)
          .isEqualTo(!phase.isTerminal() && phase != Phase.LISTENING);
    }
  }

  @Test
  void aTerminalPhaseHasNoSuccessor() {
    for (Phase phase : Phase.values()) {
      for (Phase next : Phase.values()) {
        assertThat(phase.isTerminal() && phase.mayBecome(next)).isFalse();
      }
    }
  }
}
