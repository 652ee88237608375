package io.pageferry.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.CancelMigrationRequest;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CancellationTest {
  private final SourceHarness source = new SourceHarness();
  private final ScriptedDestination destination = new ScriptedDestination();
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);

  @BeforeEach
  void run() {
    source.runGuest();
  }

  @AfterEach
  void close() {
    goOn.countDown();
    destination.close();
    source.close();
  }

  private <T> T hold(T answer) {
    reached.countDown();
    try {
      var _ = goOn.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return answer;
  }

  private void cancel() {
    var _ = source.admin.cancelMigration(CancelMigrationRequest.getDefaultInstance());
  }

  private void assertCancelledAsIfNothingHadHappened() {
    Status status = source.awaitPhase(Phase.PHASE_CANCELLED);
    assertThat(status.getMigration().getReason()).contains("cancelled by request");
    assertThat(status.getMigration().getBytesInFlight()).isZero();
    assertThat(status.getGuest().getEpoch()).isEqualTo(1);
    source.assertGuestRunsOn();
    assertThat(destination.commits).isEmpty();
    assertThat(destination.abortReasons).hasSize(1);
  }

  @Test
  void cancellingWhileTheDestinationPreparesLeavesTheGuestRunning() throws Exception {
    destination.onPrepare = this::hold;
    source.migrateTo(destination.address());
    reached.await();
    source.assertGuestRunsOn();
    cancel();
    assertCancelledAsIfNothingHadHappened();
    assertThat(destination.drain().error().code()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(destination.demand().error().code()).isEqualTo(ErrorCode.CANCELLED);
  }

  @Test
  void cancellingWhileTheStateIsHandedOverLetsTheGuestGoOn() throws Exception {
    destination.onTransferState = this::hold;
    source.migrateTo(destination.address());
    reached.await();
    cancel();
    assertCancelledAsIfNothingHadHappened();
  }

  @Test
  void aCancelledMigrationTakesNoLanesAndCanBeFollowedByAnother() throws Exception {
    destination.onPrepare = this::hold;
    source.migrateTo(destination.address());
    reached.await();
    cancel();
    assertCancelledAsIfNothingHadHappened();
    MigrationRef cancelled = destination.preparation().getMigration();
    int version = ProtocolVersions.SPOKEN.maximum();
    try (var late = TestLane.drain(source.address().toString(), cancelled, version)) {
      assertThat(late.error().code()).isEqualTo(ErrorCode.STALE_MIGRATION);
    }
    goOn.countDown();
    source.migrateTo(destination.address());
    var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);
    source.assertGuestIsFenced();
  }

  @Test
  void afterSwitchoverItIsTooLateToCancel() {
    source.migrateTo(destination.address());
    var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);
    assertThat(SourceHarness.errorOf(this::cancel)).isEqualTo(ErrorCode.TOO_LATE_TO_CANCEL);
    assertThat(source.status().getPhase()).isEqualTo(Phase.PHASE_POSTCOPY_ACTIVE);
    source.assertGuestIsFenced();
    assertThat(destination.abortReasons).isEmpty();
  }

  @Test
  void thereIsNothingToCancelWithoutAMigrationOrAfterOne() {
    assertThat(SourceHarness.errorOf(this::cancel)).isEqualTo(ErrorCode.NO_MIGRATION);
    source.migrateTo("127.0.0.1:1");
    var _ = source.awaitPhase(Phase.PHASE_FAILED);
    assertThat(SourceHarness.errorOf(this::cancel)).isEqualTo(ErrorCode.NO_MIGRATION);
  }
}
