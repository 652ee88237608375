package io.pageferry.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.PageFrame;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.UnloadGuestRequest;
import io.pageferry.source.image.Delivery;
import java.util.BitSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the source does once the guest is handed over, against a destination under control. */
class PostcopyTest {
  private static final int PAGES = SourceHarness.PAGES;
  private static final long PAGE = 4096;

  private final SourceHarness source = new SourceHarness();
  private final ScriptedDestination destination = new ScriptedDestination();

  @BeforeEach
  void handOver() {
    source.runGuest();
    source.migrateTo(destination.address());
    var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);
  }

  @AfterEach
  void close() {
    destination.close();
    source.close();
  }

  private static DrainRequest installed(PageFrame frame) {
    return TestLane.installed(
        frame.getSlot(), frame.getFirstPage(), Math.max(frame.getPageCount(), 1));
  }

  private void assertPausedWithEveryPageKept() {
    Status status = source.awaitPhase(Phase.PHASE_POSTCOPY_PAUSED);
    assertThat(status.getMigration().getReasonCode().name()).isEqualTo("ERROR_CODE_LANE_LOST");
    assertThat(status.getMigration().getReason()).contains("source keeps every page");
    assertThat(status.getMigration().getPages().getReleased()).isZero();
    assertThat(status.getGuest().getResidentBytes()).isEqualTo(PAGES * PAGE);
    source.assertGuestIsFenced();
    assertThat(
            SourceHarness.errorOf(
                () -> source.admin.unloadGuest(UnloadGuestRequest.getDefaultInstance())))
        .isEqualTo(ErrorCode.MIGRATION_IN_PROGRESS);
  }

  @Test
  void everyPageIsDrainedOnceAndForgottenOnlyAsItIsAcknowledged() throws Exception {
    BitSet seen = new BitSet();
    int released = 0;
    while (seen.cardinality() < PAGES) {
      PageFrame frame = destination.drain().take();
      for (int i = 0; i < frame.getPageCount(); i++) {
        int page = (int) frame.getFirstPage() + i;
        assertThat(seen.get(page)).as("page %d came before", page).isFalse();
        seen.set(page);
      }
      Status status = source.status();
      assertThat(status.getMigration().getPages().getReleased()).isEqualTo(released);
      assertThat(status.getGuest().getResidentBytes()).isEqualTo((PAGES - released) * PAGE);
      assertThat(status.getMigration().getBytesInFlight()).isLessThanOrEqualTo(256 * 1024);
      destination.drain().send(installed(frame));
      released += frame.getPageCount();
      int expected = released;
      await()
          .atMost(SourceHarness.PATIENCE)
          .until(() -> source.status().getMigration().getPages().getReleased() == expected);
    }
    Status status = source.awaitPhase(Phase.PHASE_COMPLETED);
    assertThat(status.getGuest().getResidentBytes()).isZero();
    assertThat(status.getGuest().getBookkeepingBitsPerPage()).isLessThanOrEqualTo(4);
    source.assertGuestIsFenced();
  }

  @Test
  void aFetchIsAnsweredWhileTheDrainIsHeldAtItsCap() throws Exception {
    PageFrame first = destination.drain().take();
    assertThat(first.getPageCount()).isEqualTo(Delivery.MAX_FRAME_PAGES);
    destination.demand().send(TestLane.fetch(0, PAGES - 1, 1));
    PageFrame fetched = destination.demand().take();
    assertThat(fetched.getFirstPage()).isEqualTo(PAGES - 1);
    assertThat(fetched.getData().size()).isEqualTo((int) PAGE);
    assertThat(destination.drain().waiting()).isZero();
    assertThat(source.status().getMigration().getPages().getSent())
        .isEqualTo(Delivery.MAX_FRAME_PAGES + 1);
  }

  @Test
  void aPageAlreadyAcknowledgedIsAnsweredWithoutBytesOrCount() throws Exception {
    PageFrame frame = destination.drain().take();
    destination.drain().send(installed(frame));
    await()
        .atMost(SourceHarness.PATIENCE)
        .until(() -> source.status().getMigration().getPages().getReleased() > 0);
    destination.demand().send(TestLane.fetch(0, frame.getFirstPage() + 3, 1));
    PageFrame answer = destination.demand().take();
    assertThat(answer.getFirstPage()).isEqualTo(frame.getFirstPage() + 3);
    assertThat(answer.getPageCount()).isZero();
    assertThat(answer.getData().isEmpty()).isTrue();
  }

  @Test
  void aFetchOutsideEverySlotIsRefusedAndNothingIsLost() throws Exception {
    destination.demand().send(TestLane.fetch(0, PAGES, 1));
    assertThat(destination.demand().error().code()).isEqualTo(ErrorCode.PAGE_OUT_OF_RANGE);
    assertPausedWithEveryPageKept();
  }

  @Test
  void aFetchOfTooManyPagesIsRefused() throws Exception {
    destination.demand().send(TestLane.fetch(0, 0, 257));
    assertThat(destination.demand().error().code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertPausedWithEveryPageKept();
  }

  @Test
  void anAcknowledgementOfAPageThatWasNotSentReleasesNothing() throws Exception {
    destination.drain().send(TestLane.installed(0, PAGES - 1, 1));
    assertThat(destination.drain().error().code()).isEqualTo(ErrorCode.PAGE_OUT_OF_RANGE);
    assertPausedWithEveryPageKept();
  }

  @Test
  void aLostDrainLanePausesTheMigrationAndFetchesGoOn() throws Exception {
    destination.drain().close();
    assertPausedWithEveryPageKept();
    destination.demand().send(TestLane.fetch(0, 5, 1));
    assertThat(destination.demand().take().getData().size()).isEqualTo((int) PAGE);
  }

  @Test
  void aLostDemandLanePausesTheMigrationAndTheOthersGoOn() throws Exception {
    destination.demand().close();
    assertPausedWithEveryPageKept();
    destination.demandLanes.get(1).send(TestLane.fetch(0, 5, 1));
    assertThat(destination.demandLanes.get(1).take().getData().size()).isEqualTo((int) PAGE);
  }

  @Test
  void aPausedMigrationWhosePagesAllArriveIsComplete() throws Exception {
    destination.demand().close();
    assertPausedWithEveryPageKept();
    for (int frames = 0; frames < PAGES / Delivery.MAX_FRAME_PAGES; frames++) {
      destination.drain().send(installed(destination.drain().take()));
    }
    var _ = source.awaitPhase(Phase.PHASE_COMPLETED);
    source.assertGuestIsFenced();
  }

  @Test
  void lanesOfAnOlderEpochAndSecondDrainLanesAreRefused() throws Exception {
    String address = source.address().toString();
    MigrationRef current = destination.preparation().getMigration();
    int version = ProtocolVersions.SPOKEN.maximum();
    try (var older = TestLane.drain(address, TestLane.withEpoch(current, 1), version);
        var second = TestLane.drain(address, current, version);
        var other = TestLane.demand(address, current, 99)) {
      assertThat(older.error().code()).isEqualTo(ErrorCode.STALE_MIGRATION);
      assertThat(second.error().code()).isEqualTo(ErrorCode.LANE_ALREADY_ATTACHED);
      assertThat(other.error().code()).isEqualTo(ErrorCode.VERSION_MISMATCH);
    }
    assertThat(source.status().getPhase()).isEqualTo(Phase.PHASE_POSTCOPY_ACTIVE);
  }
}
