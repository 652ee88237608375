package io.pageferry.dest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.pageferry.dest.link.ScriptedSource;
import io.pageferry.guest.MachineSpec;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.AbortRequest;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.CommitRequest;
import io.pageferry.proto.v1.GetStatusRequest;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.MemorySlot;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.MigrationServiceGrpc;
import io.pageferry.proto.v1.PageFrame;
import io.pageferry.proto.v1.PageRange;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.ResumeGuestRequest;
import io.pageferry.proto.v1.SlotContents;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.proto.v1.VersionRange;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.rpc.RpcServer;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A whole destination daemon against a source under control. */
class IncomingMigrationTest {
  private static final int PAGES = 256;
  private static final long BYTES = PAGES * 4096L;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int VERSION = ProtocolVersions.SPOKEN.maximum();

  private final MigrationRef ref =
      MigrationRef.newBuilder()
          .setMigrationId(UUID.randomUUID().toString())
          .setGuestId(UUID.randomUUID().toString())
          .setEpoch(2)
          .build();
  private final ScriptedSource source = new ScriptedSource();
  private final DestHarness daemon = new DestHarness();
  private final RpcChannel channel;
  private final MigrationServiceGrpc.MigrationServiceBlockingStub control;
  private final AdminServiceGrpc.AdminServiceBlockingStub admin;

  IncomingMigrationTest() {
    channel = new RpcChannel("test-control", daemon.address().toString(), false);
    control = MigrationServiceGrpc.newBlockingStub(channel.channel());
    admin = AdminServiceGrpc.newBlockingStub(channel.channel());
  }

  @AfterEach
  void close() {
    channel.close();
    daemon.close();
    source.close();
  }

  private PrepareRequest.Builder preparation() {
    return PrepareRequest.newBuilder()
        .setMigration(ref)
        .setVersions(versions(VERSION, VERSION))
        .setSoftwareVersion("scripted")
        .setGuestName("walker")
        .setVcpuCount(1)
        .setPageSizeBytes(4096)
        .addSlots(
            MemorySlot.newBuilder()
                .setGuestPhysicalAddress(MachineSpec.RAM_BASE)
                .setSizeBytes(BYTES))
        .setPageServiceAddress(source.address());
  }

  private void prepare() {
    var _ = control.prepare(preparation().build());
  }

  private TransferStateRequest state() {
    return state(1);
  }

  private TransferStateRequest state(int vcpus) {
    return PausedGuest.state(ref, PAGES, vcpus);
  }

  private void transferState() {
    var _ = control.transferState(state());
  }

  private void commit(MigrationRef migration) {
    var _ = control.commit(CommitRequest.newBuilder().setMigration(migration).build());
  }

  private void abort() {
    var _ = control.abort(AbortRequest.newBuilder().setMigration(ref).setReason("a test").build());
  }

  private PageRange handOver() throws InterruptedException {
    prepare();
    transferState();
    commit(ref);
    return source.awaitFetch();
  }

  private Status status() {
    return admin.getStatus(GetStatusRequest.getDefaultInstance());
  }

  private Status awaitPhase(Phase phase) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(status().getPhase()).isEqualTo(phase));
    return status();
  }

  private static ErrorCode errorOf(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      return ErrorStatus.fromPeer(e)
          .orElseThrow(() -> new AssertionError("Not a refusal.", e))
          .code();
    }
    throw new AssertionError("The call was not refused.");
  }

  private void assertPaused(String why) {
    Status status = awaitPhase(Phase.PHASE_POSTCOPY_PAUSED);
    assertThat(status.getMigration().getReasonCode().name()).isEqualTo("ERROR_CODE_LANE_LOST");
    assertThat(status.getMigration().getReason()).contains(why);
    assertThat(status.getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_RUNNING);
  }

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

  private static VersionRange versions(int minimum, int maximum) {
    return VersionRange.newBuilder().setMinimum(minimum).setMaximum(maximum).build();
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

  @Test
  void aStateThatCannotBeRightIsRefusedAndChangesNothing() {
    prepare();
    TransferStateRequest good = state();
    var garbage = good.toBuilder().setMachineState(ByteString.copyFromUtf8("garbage"));
    assertThat(errorOf(() -> transferWith(garbage))).isEqualTo(ErrorCode.MALFORMED_STATE);
    assertThat(errorOf(() -> transferWith(good.toBuilder().clearContents())))
        .isEqualTo(ErrorCode.MALFORMED_STATE);
    var empty = good.toBuilder().setContents(0, SlotContents.getDefaultInstance());
    assertThat(errorOf(() -> transferWith(empty))).isEqualTo(ErrorCode.MALFORMED_STATE);
    var sparse =
        SlotContents.newBuilder().setNonzeroBitmap(ByteString.copyFrom(new byte[PAGES / 8]));
    assertThat(errorOf(() -> transferWith(garbage.setContents(0, sparse))))
        .isEqualTo(ErrorCode.MALFORMED_STATE);
    assertThat(status().hasGuest()).isFalse();
    assertThat(status().getMigration().getPages().getPresent()).isZero();
    transferState();
    assertThat(errorOf(this::transferState)).isEqualTo(ErrorCode.WRONG_GUEST_STATE);
  }

  private static PageFrame.Builder firstPage(long page) {
    return PageFrame.newBuilder()
        .setFirstPage(page)
        .setPageCount(1)
        .setData(ByteString.copyFrom(new byte[4096]));
  }

  @Test
  void aPageThatComesWithTheStateIsNotFetchedAndIsAcknowledgedAfterCommit() throws Exception {
    prepare();
    TransferStateRequest.Builder state = state().toBuilder();
    for (long page = 0; page < 4; page++) {
      state.addFirstPages(firstPage(page));
    }
    transferWith(state);
    assertThat(status().getMigration().getPages().getPresent()).isEqualTo(4);
    assertThat(source.acknowledged).isEmpty();
    commit(ref);
    assertThat(source.awaitFetch().getFirstPage()).isGreaterThanOrEqualTo(4);
    await()
        .atMost(PATIENCE)
        .until(() -> source.acknowledged.stream().mapToInt(PageRange::getPageCount).sum() == 4);
  }

  @Test
  void firstPagesThatCannotBeRightAreRefusedAndChangeNothing() {
    prepare();
    byte[] onlyPageSeven = new byte[PAGES / 8];
    onlyPageSeven[0] = (byte) (1 << 7);
    var good =
        state().toBuilder()
            .setContents(
                0, SlotContents.newBuilder().setNonzeroBitmap(ByteString.copyFrom(onlyPageSeven)))
            .build();
    for (PageFrame.Builder wrong :
        List.of(
            firstPage(6),
            firstPage(PAGES),
            firstPage(-1),
            firstPage(7).setSlot(9),
            firstPage(7).setPageCount(2),
            firstPage(7).setData(ByteString.copyFrom(new byte[4095])))) {
      assertThat(errorOf(() -> transferWith(good.toBuilder().addFirstPages(wrong))))
          .isEqualTo(ErrorCode.MALFORMED_STATE);
    }
    var tooMany = good.toBuilder();
    for (int i = 0; i < 5; i++) {
      tooMany.addFirstPages(firstPage(7));
    }
    assertThat(errorOf(() -> transferWith(tooMany))).isEqualTo(ErrorCode.MALFORMED_STATE);
    assertThat(status().getMigration().getPages().getPresent()).isZero();
    transferWith(good.toBuilder().addFirstPages(firstPage(7)));
    assertThat(status().getMigration().getPages().getPresent()).isEqualTo(PAGES);
  }

  private void transferWith(TransferStateRequest.Builder request) {
    var _ = control.transferState(request.build());
  }
}
