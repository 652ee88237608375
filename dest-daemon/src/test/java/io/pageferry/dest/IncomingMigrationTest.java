package io.pageferry.dest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.dest.link.ScriptedSource;
import io.pageferry.guest.MachineSpec;
import io.pageferry.migration.ErrorCode;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.MemorySlot;
import io.pageferry.proto.v1.PageFrame;
import io.pageferry.proto.v1.PageRange;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.ResumeGuestRequest;
import io.pageferry.proto.v1.Status;
import io.pageferry.rpc.RpcServer;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An incoming migration from its preparation to its end. */
class IncomingMigrationTest extends ScriptedMigration {
  @Test
  void aGuestRunsOnlyOnceItIsCommitted() {
    prepare();
    assertThat(errorOf(() -> commit(ref))).isEqualTo(ErrorCode.WRONG_GUEST_STATE);
    transferState();
    assertThat(status().getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_INCOMING);
    assertThat(errorOf(() -> admin.resumeGuest(ResumeGuestRequest.getDefaultInstance())))
        .isEqualTo(ErrorCode.FENCED);
    assertThat(errorOf(() -> commit(ref.toBuilder().setEpoch(1).build())))
        .isEqualTo(ErrorCode.STALE_MIGRATION);
    String other = UUID.randomUUID().toString();
    assertThat(errorOf(() -> commit(ref.toBuilder().setMigrationId(other).build())))
        .isEqualTo(ErrorCode.STALE_MIGRATION);
    assertThat(status().getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_INCOMING);
    assertThat(source.fetches).isEmpty();
    commit(ref);
    commit(ref);
    assertThat(awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE).getGuest().getState())
        .isEqualTo(GuestState.GUEST_STATE_RUNNING);
  }

  @Test
  void anAbortFreesEverythingAndTheMigrationNeverRunsHere() {
    prepare();
    transferState();
    abort();
    abort();
    assertThat(status().getMigration().getReason()).contains("a test");
    assertThat(status().hasGuest()).isFalse();
    assertThat(errorOf(() -> commit(ref))).isEqualTo(ErrorCode.WRONG_GUEST_STATE);
    assertThat(errorOf(this::prepare)).isEqualTo(ErrorCode.WRONG_GUEST_STATE);
    var _ = control.prepare(preparation().setMigration(ref.toBuilder().setEpoch(3)).build());
    assertThat(status().getPhase()).isEqualTo(Phase.PHASE_ADVISED);
  }

  @Test
  void aCommittedMigrationCannotBeAborted() throws Exception {
    var _ = handOver();
    assertThat(errorOf(this::abort)).isEqualTo(ErrorCode.FENCED);
    assertThat(status().getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_RUNNING);
  }

  @Test
  void aLaneLostBeforeCommitFailsTheMigrationAndTheGuestNeverRuns() {
    prepare();
    transferState();
    source.loseDrainLane();
    await().atMost(PATIENCE).until(() -> !status().hasGuest());
    assertThat(status().getMigration().getReasonCode().name()).isEqualTo("ERROR_CODE_LANE_LOST");
    assertThat(errorOf(() -> commit(ref))).isEqualTo(ErrorCode.WRONG_GUEST_STATE);
  }

  @Test
  void whatAVcpuAskedForOnALostLaneIsAskedForOnAnother() throws Exception {
    var _ = control.prepare(preparation().setVcpuCount(2).build());
    var _ = control.transferState(state(2));
    commit(ref);
    long one = source.awaitFetch().getFirstPage();
    long other = source.awaitFetch().getFirstPage();
    source.loseDemandLane();
    assertPaused("demand lane was lost");
    assertThat(source.awaitFetch().getFirstPage()).isIn(one, other);
  }

  @Test
  void everyPageIsAcknowledgedAsItIsInstalledAndMemoryGrowsWithThemOnly() throws Exception {
    PageRange fetch = handOver();
    assertThat(status().getGuest().getResidentBytes()).isZero();
    assertThat(status().getGuest().getBookkeepingBitsPerPage()).isLessThanOrEqualTo(4);
    source.answer(ScriptedSource.pages(0, fetch.getFirstPage(), 1));
    PageRange next = source.awaitFetch();
    assertThat(next.getFirstPage()).isNotEqualTo(fetch.getFirstPage());
    assertThat(status().getGuest().getResidentBytes()).isEqualTo(4096);
    source.drain(ScriptedSource.pages(0, 0, 128));
    source.drain(ScriptedSource.pages(0, 128, 128));
    await()
        .atMost(PATIENCE)
        .until(() -> source.acknowledged.stream().mapToInt(PageRange::getPageCount).sum() == PAGES);
    Status status = status();
    assertThat(status.getMigration().getPages().getPresent()).isEqualTo(PAGES);
    assertThat(status.getMigration().getPages().getDuplicate()).isPositive();
    assertThat(status.getGuest().getResidentBytes()).isEqualTo(BYTES);
    source.drainLanes.getLast().onCompleted();
    var _ = awaitPhase(Phase.PHASE_COMPLETED);
  }

  static Stream<PageFrame> impossibleFrames() {
    return Stream.of(
        ScriptedSource.withDataBytes(4095),
        ScriptedSource.withDataBytes(4097),
        ScriptedSource.withDataBytes(8192),
        ScriptedSource.pages(0, PAGES, 1),
        ScriptedSource.pages(0, PAGES - 1, 2),
        ScriptedSource.pages(9, 0, 1),
        PageFrame.newBuilder().setFirstPage(-1).setPageCount(1).build(),
        PageFrame.newBuilder().setPageCount(1 << 30).build());
  }

  @ParameterizedTest
  @MethodSource("impossibleFrames")
  void aFrameThatCannotBeRightPausesTheMigrationAndInstallsNothing(PageFrame frame)
      throws Exception {
    var _ = handOver();
    source.drain(frame);
    assertPaused("page frame");
    assertThat(status().getMigration().getPages().getPresent()).isZero();
    assertThat(status().getGuest().getResidentBytes()).isZero();
  }

  @Test
  void aFrameOverTheMessageLimitPausesTheMigration() throws Exception {
    var _ = handOver();
    source.drain(ScriptedSource.withDataBytes(RpcServer.MAX_MESSAGE_BYTES + 1));
    assertPaused("exceeds maximum size");
    assertThat(status().getMigration().getPages().getPresent()).isZero();
  }

  @Test
  void aLostDrainLanePausesTheMigrationAndFetchesStillArrive() throws Exception {
    PageRange fetch = handOver();
    source.loseDrainLane();
    assertPaused("drain lane was lost");
    source.answer(ScriptedSource.pages(0, fetch.getFirstPage(), 1));
    PageRange next = source.awaitFetch();
    if (next.getFirstPage() == fetch.getFirstPage()) {
      // Asked for again, since the drain may have lost it.
      next = source.awaitFetch();
    }
    assertThat(next.getFirstPage()).isNotEqualTo(fetch.getFirstPage());
  }

  @Test
  void aLostDemandLanePausesTheMigrationAndTheDrainStillArrives() throws Exception {
    var _ = handOver();
    source.loseDemandLane();
    assertPaused("demand lane was lost");
    source.drain(ScriptedSource.pages(0, 0, PAGES));
    await().atMost(PATIENCE).until(() -> status().getMigration().getPages().getPresent() == PAGES);
    source.drainLanes.getLast().onCompleted();
    var _ = awaitPhase(Phase.PHASE_COMPLETED);
  }

  @Test
  void aRequestThatCannotBeServedIsRefusedWithItsReasonAndLeavesNothingBehind() {
    assertThat(errorOf(() -> prepareWith(preparation().setVcpuCount(5))))
        .isEqualTo(ErrorCode.TOO_MANY_VCPUS);
    assertThat(errorOf(() -> prepareWith(preparation().setPageSizeBytes(65536))))
        .isEqualTo(ErrorCode.PAGE_SIZE_MISMATCH);
    assertThat(errorOf(() -> prepareWith(preparation().setVersions(versions(1, VERSION - 1)))))
        .isEqualTo(ErrorCode.VERSION_MISMATCH);
    assertThat(errorOf(() -> prepareWith(preparation().setVersions(versions(VERSION + 1, 9)))))
        .isEqualTo(ErrorCode.VERSION_MISMATCH);
    assertThat(errorOf(() -> prepareWith(withMemory(1L << 50))))
        .isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
    var overflowing =
        withMemory(1L << 62).addSlots(MemorySlot.newBuilder().setId(1).setSizeBytes(1L << 62));
    assertThat(errorOf(() -> prepareWith(overflowing))).isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
    assertThat(errorOf(() -> prepareWith(withMemory(4097)))).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(errorOf(() -> prepareWith(preparation().clearSlots())))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(errorOf(() -> prepareWith(preparation().setPageServiceAddress("nowhere"))))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(status().getPhase()).isEqualTo(Phase.PHASE_LISTENING);
    prepare();
    assertThat(errorOf(this::prepare)).isEqualTo(ErrorCode.DESTINATION_BUSY);
    assertThat(status().getPhase()).isEqualTo(Phase.PHASE_ADVISED);
  }

  private PrepareRequest.Builder withMemory(long bytes) {
    return preparation()
        .setSlots(
            0,
            MemorySlot.newBuilder()
                .setGuestPhysicalAddress(MachineSpec.RAM_BASE)
                .setSizeBytes(bytes));
  }

  private void prepareWith(PrepareRequest.Builder request) {
    var _ = control.prepare(request.build());
  }
}
