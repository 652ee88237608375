package io.pageferry.dest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
import io.pageferry.proto.v1.PageRange;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.proto.v1.VersionRange;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;

/** A whole destination daemon against a source under control, for one test. */
abstract class ScriptedMigration {
  static final int PAGES = 256;
  static final long BYTES = PAGES * 4096L;
  static final Duration PATIENCE = Duration.ofSeconds(60);
  static final int VERSION = ProtocolVersions.SPOKEN.maximum();

  final MigrationRef ref =
      MigrationRef.newBuilder()
          .setMigrationId(UUID.randomUUID().toString())
          .setGuestId(UUID.randomUUID().toString())
          .setEpoch(2)
          .build();
  final ScriptedSource source = new ScriptedSource();
  final DestHarness daemon = new DestHarness();
  private final RpcChannel channel;
  final MigrationServiceGrpc.MigrationServiceBlockingStub control;
  final AdminServiceGrpc.AdminServiceBlockingStub admin;

  ScriptedMigration() {
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

  PrepareRequest.Builder preparation() {
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

  static VersionRange versions(int minimum, int maximum) {
    return VersionRange.newBuilder().setMinimum(minimum).setMaximum(maximum).build();
  }

  void prepare() {
    var _ = control.prepare(preparation().build());
  }

  TransferStateRequest state() {
    return state(1);
  }

  TransferStateRequest state(int vcpus) {
    return PausedGuest.state(ref, PAGES, vcpus);
  }

  void transferState() {
    var _ = control.transferState(state());
  }

  void commit(MigrationRef migration) {
    var _ = control.commit(CommitRequest.newBuilder().setMigration(migration).build());
  }

  void abort() {
    var _ = control.abort(AbortRequest.newBuilder().setMigration(ref).setReason("a test").build());
  }

  PageRange handOver() throws InterruptedException {
    prepare();
    transferState();
    commit(ref);
    return source.awaitFetch();
  }

  Status status() {
    return admin.getStatus(GetStatusRequest.getDefaultInstance());
  }

  Status awaitPhase(Phase phase) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(status().getPhase()).isEqualTo(phase));
    return status();
  }

  static ErrorCode errorOf(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      return ErrorStatus.fromPeer(e)
          .orElseThrow(() -> new AssertionError("Not a refusal.", e))
          .code();
    }
    throw new AssertionError("The call was not refused.");
  }

  void assertPaused(String why) {
    Status status = awaitPhase(Phase.PHASE_POSTCOPY_PAUSED);
    assertThat(status.getMigration().getReasonCode().name()).isEqualTo("ERROR_CODE_LANE_LOST");
    assertThat(status.getMigration().getReason()).contains(why);
    assertThat(status.getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_RUNNING);
  }

  void transferWith(TransferStateRequest.Builder request) {
    var _ = control.transferState(request.build());
  }
}
