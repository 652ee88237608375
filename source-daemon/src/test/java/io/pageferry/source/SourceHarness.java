package io.pageferry.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.pageferry.config.DataSize;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.admin.AdminService;
import io.pageferry.daemon.admin.GuestControl;
import io.pageferry.daemon.guest.GuestLimits;
import io.pageferry.daemon.guest.GuestRegistry;
import io.pageferry.daemon.process.Readiness;
import io.pageferry.host.HostMemory;
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
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.SyntheticWorkload;
import io.pageferry.proto.v1.VcpuStatus;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.rpc.RpcServer;
import java.time.Duration;
import java.util.List;
import org.slf4j.event.Level;

/** A source daemon with a small guest that writes all its pages, and its admin client. */
final class SourceHarness implements AutoCloseable {
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  static final int PAGES = 256;
  static final int VCPUS = 2;
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private final SourceRole role;
  private final GuestControl control;
  private final RpcServer server;
  private final RpcChannel channel;
  final AdminServiceGrpc.AdminServiceBlockingStub admin;

  SourceHarness() {
    this(HostMemory.ofThisHost(), GuestLimits.DEFAULT);
  }

  SourceHarness(HostMemory host, GuestLimits limits) {
    Readiness readiness = new Readiness();
    GuestRegistry guests = new GuestRegistry("source", limits, host, readiness);
    SourceConfig config =
        new SourceConfig(new DataSize(256 * 1024), SourceConfig.DEFAULT.maxDrainBandwidth());
    role = new SourceRole(config, this::address, guests, () -> {}, Level.INFO);
    control = new GuestControl(Role.ROLE_SOURCE, guests, role, readiness, () -> false);
    server =
        new RpcServer(
            ANY.toSocketAddress(), List.of(new AdminService(control)), List.of(role.pageService()));
    server.start();
    channel = new RpcChannel("test-admin", address().toString(), false);
    admin = AdminServiceGrpc.newBlockingStub(channel.channel());
  }

  /** The guests of a daemon that has none. */
  static GuestRegistry noGuests() {
    return new GuestRegistry(
        "source", GuestLimits.DEFAULT, HostMemory.ofThisHost(), new Readiness());
  }

  HostPort address() {
    return ANY.withPort(server.port());
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
    server.close();
    control.close();
    role.close();
  }
}
