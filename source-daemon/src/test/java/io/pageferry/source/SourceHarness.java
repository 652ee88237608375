package io.pageferry.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.pageferry.config.DataSize;
import io.pageferry.config.HostPort;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.AccessPattern;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.GetStatusRequest;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.ResumeGuestRequest;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.SyntheticWorkload;
import io.pageferry.proto.v1.VcpuStatus;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import java.time.Duration;

/** A whole source daemon with a small guest that writes all its pages, and its admin client. */
final class SourceHarness implements AutoCloseable {
  static final int PAGES = 256;
  static final int VCPUS = 2;
  static final Duration PATIENCE = Duration.ofSeconds(60);

  final SourceDaemon daemon;
  private final RpcChannel channel;
  final AdminServiceGrpc.AdminServiceBlockingStub admin;

  SourceHarness() {
    this(Duration.ZERO);
  }

  SourceHarness(Duration rehearsal) {
    daemon =
        new SourceDaemon(
            new SourceConfig(
                new HostPort("127.0.0.1", 0),
                new HostPort("127.0.0.1", 0),
                null,
                new DataSize(256 * 1024),
                rehearsal));
    daemon.start();
    channel = new RpcChannel("test-admin", daemon.address().toString(), false);
    admin = AdminServiceGrpc.newBlockingStub(channel.channel());
  }

  /** Loads a guest, runs it and waits until it has written every page. */
  void runGuest() {
    var _ =
        admin.loadGuest(
            LoadGuestRequest.newBuilder()
                .setName("walker")
                .setVcpuCount(VCPUS)
                .setMemoryBytes(PAGES * 4096L)
                .setSynthetic(
                    SyntheticWorkload.newBuilder()
                        .setPattern(AccessPattern.ACCESS_PATTERN_SEQUENTIAL)
                        .setAccessesPerSecond(20_000)
                        .setWriteRatio(1)
                        .setSeed(7))
                .build());
    var _ = admin.resumeGuest(ResumeGuestRequest.getDefaultInstance());
    await().atMost(PATIENCE).until(() -> status().getGuest().getResidentBytes() == PAGES * 4096L);
  }

  void migrateTo(String destination) {
    var _ = admin.migrate(MigrateRequest.newBuilder().setDestination(destination).build());
  }

  Status status() {
    return admin.getStatus(GetStatusRequest.getDefaultInstance());
  }

  Status awaitPhase(Phase phase) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(status().getPhase()).isEqualTo(phase));
    return status();
  }

  private long instructions() {
    return status().getGuest().getVcpusList().stream().mapToLong(VcpuStatus::getInstructions).sum();
  }

  void assertGuestRunsOn() {
    assertThat(status().getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_RUNNING);
    long before = instructions();
    await().atMost(PATIENCE).until(() -> instructions() > before);
  }

  /** The guest stands still here and cannot be made to run. */
  void assertGuestIsFenced() {
    assertThat(status().getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_HANDED_OVER);
    assertThat(errorOf(() -> admin.resumeGuest(ResumeGuestRequest.getDefaultInstance())))
        .isEqualTo(ErrorCode.FENCED);
    long before = instructions();
    assertThat(status().getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_HANDED_OVER);
    assertThat(instructions()).isEqualTo(before);
  }

  /** The code of the refusal that {@code call} meets. */
  static ErrorCode errorOf(Runnable call) {
    return refusal(call).code();
  }

  static PageFerryException refusal(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      return ErrorStatus.fromPeer(e).orElseThrow(() -> new AssertionError("Not a refusal.", e));
    }
    throw new AssertionError("The call was not refused.");
  }

  @Override
  public void close() {
    channel.close();
    daemon.close();
  }
}
