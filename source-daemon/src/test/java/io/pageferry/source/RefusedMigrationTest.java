package io.pageferry.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RefusedMigrationTest {
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

  private void assertFailedWith(ErrorCode code) {
    Status status = source.awaitPhase(Phase.PHASE_FAILED);
    assertThat(status.getMigration().getReasonCode().name()).isEqualTo("ERROR_CODE_" + code);
    assertThat(status.getMigration().getReason()).endsWith(".");
    source.assertGuestRunsOn();
    assertThat(destination.commits).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      names = {
        "DESTINATION_BUSY",
        "INSUFFICIENT_MEMORY",
        "TOO_MANY_VCPUS",
        "VERSION_MISMATCH",
        "PAGE_SIZE_MISMATCH",
        "LANE_LOST",
        "INTERNAL"
      })
  void aRefusalOfTheDestinationFailsTheMigrationWithItsReasonAndTheGuestGoesOn(ErrorCode code) {
    destination.onPrepare =
        answer -> {
          throw new PageFerryException(code, "The scripted destination refuses.");
        };
    source.migrateTo(destination.address());
    assertFailedWith(code);
    assertThat(source.status().getMigration().getReason())
        .isEqualTo("The scripted destination refuses.");
  }

  @Test
  void aDestinationThatIsDownFailsTheMigrationAndTheGuestGoesOn() {
    String address = destination.address();
    destination.close();
    source.migrateTo(address);
    assertFailedWith(ErrorCode.DESTINATION_UNREACHABLE);
    assertThat(source.status().getMigration().getReason()).contains(address).contains("check that");
  }

  @Test
  void aDestinationThatAnswersWithAnotherVersionIsNotMigratedTo() {
    destination.onPrepare = answer -> answer.toBuilder().setProtocolVersion(99).build();
    source.migrateTo(destination.address());
    assertFailedWith(ErrorCode.VERSION_MISMATCH);
  }

  @Test
  void aDestinationThatAttachesNoLanesIsNotMigratedTo() {
    destination.attachesLanes = false;
    source.migrateTo(destination.address());
    assertFailedWith(ErrorCode.LANE_LOST);
  }

  @Test
  void aStateThatTheDestinationCannotReadFailsTheMigrationAndTheGuestGoesOn() {
    destination.onTransferState =
        answer -> {
          throw new PageFerryException(ErrorCode.MALFORMED_STATE, "It makes no sense.");
        };
    source.migrateTo(destination.address());
    assertFailedWith(ErrorCode.MALFORMED_STATE);
    assertThat(destination.abortReasons).containsExactly("It makes no sense.");
  }

  @Test
  void aLaneLostBeforeSwitchoverFailsTheMigrationAtOnceAndTheGuestGoesOn() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    destination.onPrepare =
        answer -> {
          destination.drain().close();
          try {
            over.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return answer;
        };
    source.migrateTo(destination.address());
    assertFailedWith(ErrorCode.LANE_LOST);
    over.countDown();
  }

  @Test
  void pagesAreNotServedBeforeSwitchover() {
    destination.onTransferState =
        answer -> {
          destination.demand().send(TestLane.fetch(0, 0, 1));
          try {
            assertThat(destination.demand().error().code()).isEqualTo(ErrorCode.WRONG_GUEST_STATE);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
          return answer;
        };
    source.migrateTo(destination.address());
    assertFailedWith(ErrorCode.LANE_LOST);
  }

  @Test
  void aSecondMigrationIsRefusedWhileOneRunsAndChangesNothing() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    CountDownLatch reached = new CountDownLatch(1);
    destination.onPrepare =
        answer -> {
          reached.countDown();
          try {
            over.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return answer;
        };
    source.migrateTo(destination.address());
    reached.await();
    assertThat(SourceHarness.errorOf(() -> source.migrateTo("127.0.0.1:1")))
        .isEqualTo(ErrorCode.MIGRATION_IN_PROGRESS);
    assertThat(source.status().getMigration().getPeer()).isEqualTo(destination.address());
    over.countDown();
    var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);
    assertThat(SourceHarness.errorOf(() -> source.migrateTo("127.0.0.1:1")))
        .isEqualTo(ErrorCode.MIGRATION_IN_PROGRESS);
  }

  @Test
  void aDestinationThatIsNoAddressIsRefusedAtOnce() {
    assertThat(SourceHarness.errorOf(() -> source.migrateTo("nowhere")))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    source.assertGuestRunsOn();
  }
}
