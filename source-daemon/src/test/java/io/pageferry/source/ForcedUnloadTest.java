package io.pageferry.source;

import static io.pageferry.source.SourceHarness.errorOf;
import static io.pageferry.source.SourceHarness.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.CancelMigrationRequest;
import io.pageferry.proto.v1.PauseGuestRequest;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.ReadConsoleRequest;
import io.pageferry.proto.v1.ResumeGuestRequest;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.UnloadGuestRequest;
import io.pageferry.proto.v1.WriteConsoleRequest;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A source that has no guest any more: it says where the guest is, and there is a way out. */
@Timeout(120)
class ForcedUnloadTest {
  private final SourceHarness source = new SourceHarness();
  private final ScriptedDestination destination = new ScriptedDestination();
  private final CountDownLatch never = new CountDownLatch(1);

  @BeforeEach
  void run() {
    source.runGuest();
  }

  @AfterEach
  void close() {
    never.countDown();
    destination.close();
    source.close();
  }

  private <T> T hangs(T answer) {
    try {
      never.await();
      return answer;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private String unload(boolean force) {
    return source
        .admin
        .unloadGuest(UnloadGuestRequest.newBuilder().setForce(force).build())
        .getLoss();
  }

  private void handOver() {
    source.migrateTo(destination.address());
    var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);
  }

  private void assertDiscarded() {
    Status status = source.status();
    assertThat(status.hasGuest()).isFalse();
    assertThat(status.getPhase()).isEqualTo(Phase.PHASE_FAILED);
    assertThat(status.getMigration().getReasonCode().name())
        .isEqualTo("ERROR_CODE_GUEST_DISCARDED");
    assertThat(status.getMigration().getReason())
        .contains("by force", "cannot go on")
        .endsWith(".");
  }

  private void assertTheNextGuestMoves() {
    try (ScriptedDestination next = new ScriptedDestination()) {
      source.runGuest();
      source.migrateTo(next.address());
      var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);
      var _ = unload(true);
    }
  }

  @Test
  void whoAsksForAGuestThatHasMovedIsToldWhereItIs() {
    handOver();
    var input = WriteConsoleRequest.newBuilder().setData(ByteString.copyFromUtf8("q")).build();
    for (PageFerryException refusal :
        new PageFerryException[] {
          refusal(() -> source.admin.pauseGuest(PauseGuestRequest.getDefaultInstance())),
          refusal(() -> source.admin.resumeGuest(ResumeGuestRequest.getDefaultInstance())),
          refusal(() -> source.admin.writeConsole(input))
        }) {
      assertThat(refusal.code()).isEqualTo(ErrorCode.FENCED);
      assertThat(refusal).hasMessageContaining(destination.address()).hasMessageEndingWith(".");
    }
  }

  @Test
  void whoFollowsTheConsoleIsToldWhereTheGuestHasMoved() {
    var request = ReadConsoleRequest.newBuilder().setFollow(true).build();
    var following = source.admin.readConsole(request);
    handOver();
    PageFerryException refusal = refusal(() -> following.forEachRemaining(_ -> {}));
    assertThat(refusal.code()).isEqualTo(ErrorCode.FENCED);
    assertThat(refusal).hasMessageContaining(destination.address());
  }

  @Test
  void whileTheGuestIsHandedOverNoPauseAndNoInputIsTakenThatWouldBeForgotten() {
    var input = WriteConsoleRequest.newBuilder().setData(ByteString.copyFromUtf8("q")).build();
    destination.onTransferState =
        answer -> {
          assertThat(errorOf(() -> source.admin.pauseGuest(PauseGuestRequest.getDefaultInstance())))
              .isEqualTo(ErrorCode.WRONG_GUEST_STATE);
          assertThat(errorOf(() -> source.admin.writeConsole(input)))
              .isEqualTo(ErrorCode.WRONG_GUEST_STATE);
          return answer;
        };
    handOver();
  }

  @Test
  void withoutForceTheRefusalNamesWhatWouldBeLostAndTheWayOut() {
    handOver();
    PageFerryException refusal = refusal(() -> unload(false));
    assertThat(refusal.code()).isEqualTo(ErrorCode.MIGRATION_IN_PROGRESS);
    assertThat(refusal)
        .hasMessageContainingAll("256 of 256 pages", destination.address(), "--force")
        .hasMessageEndingWith(".");
    assertThat(source.status().getPhase()).isEqualTo(Phase.PHASE_POSTCOPY_ACTIVE);
  }

  @Test
  void aLostDestinationDoesNotKeepTheSourceFromTheNextGuest() {
    handOver();
    destination.close();
    var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_PAUSED);
    assertThat(
            refusal(
                () -> source.admin.cancelMigration(CancelMigrationRequest.getDefaultInstance())))
        .hasMessageContaining("unload --force");
    assertThat(unload(true)).contains("256 of 256 pages", "cannot go on");
    assertDiscarded();
    assertTheNextGuestMoves();
  }

  @Test
  void aDestinationThatIsThereIsToldThatThePagesAreGone() throws Exception {
    handOver();
    assertThat(unload(true)).isNotEmpty();
    assertDiscarded();
    assertThat(destination.drain().error().code()).isEqualTo(ErrorCode.GUEST_DISCARDED);
  }

  @Test
  void aGuestThatIsUnloadedWhileCommitHangsNeverComesBack() {
    destination.onCommit = this::hangs;
    source.migrateTo(destination.address());
    await().atMost(SourceHarness.PATIENCE).until(() -> !destination.commits.isEmpty());
    assertThat(unload(true)).contains("256 of 256 pages");
    assertDiscarded();
    destination.onCommit =
        answer -> {
          throw new PageFerryException(ErrorCode.WRONG_GUEST_STATE, "It never ran.");
        };
    never.countDown();
    assertDiscarded();
    destination.onCommit = answer -> answer;
    assertTheNextGuestMoves();
  }

  @Test
  void aGuestThatIsUnloadedWhilePrepareHangsIsCalledOffAndLosesNothingElsewhere() {
    destination.onPrepare = this::hangs;
    source.migrateTo(destination.address());
    await().atMost(SourceHarness.PATIENCE).until(() -> destination.prepared != null);
    PageFerryException refusal = refusal(() -> unload(false));
    assertThat(refusal).hasMessageContaining("ferry cancel");
    assertThat(unload(true)).isEmpty();
    assertThat(source.status().hasGuest()).isFalse();
    assertThat(source.status().getPhase()).isEqualTo(Phase.PHASE_CANCELLED);
    assertTheNextGuestMoves();
  }
}
