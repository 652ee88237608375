package io.pageferry.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.CommitResponse;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Exactly one side may run the guest, whatever becomes of Commit. */
class HandoverTest {
  private final SourceHarness source = new SourceHarness();
  private final ScriptedDestination destination = new ScriptedDestination();

  @BeforeEach
  void run() {
    source.runGuest();
  }

  @AfterEach
  void close() {
    destination.close();
    source.close();
  }

  private static UnaryOperator<CommitResponse> answersInTurn(ErrorCode... codes) {
    AtomicInteger call = new AtomicInteger();
    return answer -> {
      int index = call.getAndIncrement();
      if (index < codes.length) {
        throw new PageFerryException(codes[index], "Answer " + index + " of the script.");
      }
      return answer;
    };
  }

  private void assertOutcomeUnknown() {
    Status status = source.awaitPhase(Phase.PHASE_POSTCOPY_PAUSED);
    assertThat(status.getMigration().getReasonCode().name())
        .isEqualTo("ERROR_CODE_HANDOVER_OUTCOME_UNKNOWN");
    assertThat(status.getGuest().getResidentBytes()).isEqualTo(SourceHarness.PAGES * 4096L);
    source.assertGuestIsFenced();
    assertThat(destination.abortReasons).isEmpty();
  }

  private void assertCameBack(ErrorCode code) {
    Status status = source.awaitPhase(Phase.PHASE_FAILED);
    assertThat(status.getMigration().getReasonCode().name()).isEqualTo("ERROR_CODE_" + code);
    source.assertGuestRunsOn();
    assertThat(destination.abortReasons).hasSize(1);
    assertThat(source.status().getMigration().getBytesInFlight()).isZero();
  }

  @Test
  void theGuestIsGivenUpBeforeTheDestinationIsToldToRun() {
    destination.onCommit =
        answer -> {
          source.assertGuestIsFenced();
          return answer;
        };
    source.migrateTo(destination.address());
    var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);
    source.assertGuestIsFenced();
    assertThat(source.status().getGuest().getEpoch()).isEqualTo(2);
  }

  @Test
  void aFirstCommitThatIsRefusedBringsTheGuestBackUnderANewerEpoch() throws Exception {
    destination.onCommit = answersInTurn(ErrorCode.STALE_MIGRATION);
    source.migrateTo(destination.address());
    assertCameBack(ErrorCode.STALE_MIGRATION);
    assertThat(destination.commits).hasSize(1);
    MigrationRef refused = destination.preparation().getMigration();
    assertThat(source.status().getGuest().getEpoch()).isGreaterThan(refused.getEpoch());
    assertThat(destination.demand().error().code()).isEqualTo(ErrorCode.STALE_MIGRATION);
    source.migrateTo(destination.address());
    var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);
    assertThat(destination.preparation().getMigration().getEpoch())
        .isGreaterThan(refused.getEpoch() + 1);
  }

  @Test
  void aCommitWhoseAnswerIsLostIsAskedAgainAndTheMigrationGoesOn() {
    destination.onCommit = answersInTurn(ErrorCode.INTERNAL, ErrorCode.INTERNAL);
    source.migrateTo(destination.address());
    var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);
    assertThat(destination.commits).hasSize(3);
    source.assertGuestIsFenced();
  }

  @Test
  void aDestinationThatVanishesDuringCommitLeavesTheGuestStoppedHereWithEveryPage() {
    destination.onCommit =
        answer -> {
          Thread.ofPlatform().daemon().start(destination::close);
          throw new PageFerryException(ErrorCode.INTERNAL, "It vanishes.");
        };
    source.migrateTo(destination.address());
    assertOutcomeUnknown();
  }

  @Test
  void aRefusalAfterALostAnswerDoesNotBringTheGuestBack() {
    destination.onCommit =
        answersInTurn(ErrorCode.INTERNAL, ErrorCode.STALE_MIGRATION, ErrorCode.STALE_MIGRATION);
    source.migrateTo(destination.address());
    assertOutcomeUnknown();
    assertThat(destination.commits).hasSize(3);
  }

  @Test
  void theDestinationsWordThatItNeverRanTheGuestBringsItBackAlsoAfterALostAnswer() {
    destination.onCommit = answersInTurn(ErrorCode.INTERNAL, ErrorCode.WRONG_GUEST_STATE);
    source.migrateTo(destination.address());
    assertCameBack(ErrorCode.WRONG_GUEST_STATE);
  }

  @Test
  void lanesLostWhileCommitIsUnderWayPauseTheMigration() {
    destination.onCommit =
        answer -> {
          destination.drain().close();
          destination.demandLanes.forEach(TestLane::close);
          return answer;
        };
    source.migrateTo(destination.address());
    Status status = source.awaitPhase(Phase.PHASE_POSTCOPY_PAUSED);
    assertThat(status.getMigration().getReasonCode().name()).isEqualTo("ERROR_CODE_LANE_LOST");
    source.assertGuestIsFenced();
  }
}
