package io.pageferry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.pageferry.daemon.guest.GuestLimits;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.pageferry.proto.v1.GetStatusRequest;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.ListGuestsRequest;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PauseGuestRequest;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.ProgramParameters;
import io.pageferry.proto.v1.ResumeGuestRequest;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.WriteConsoleRequest;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.source.SourceConfig;
import java.time.Duration;
import java.util.List;

/** One node that listens, and its admin client. */
final class Nodes implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofMinutes(2);

  final NodeDaemon daemon;
  final AdminServiceBlockingStub admin;
  private final RpcChannel channel;

  /** All tests can be run under another mechanism. */
  private static final MechanismChoice MECHANISM =
      MechanismChoice.parse(System.getProperty("pageferry.mechanism", "userfault-bitmap"));

  private Nodes(NodeConfig given) {
    NodeConfig config = given.with(given.destination().with(MECHANISM));
    daemon = new NodeDaemon(config);
    daemon.start();
    channel = new RpcChannel("test-admin", address(), false);
    admin = AdminServiceGrpc.newBlockingStub(channel.channel());
  }

  static Nodes start() {
    return new Nodes(NodeConfig.onLoopback(Role.ROLE_NODE));
  }

  static Nodes start(GuestLimits limits) {
    return new Nodes(NodeConfig.onLoopback(Role.ROLE_NODE).with(limits));
  }

  static Nodes start(SourceConfig source) {
    return new Nodes(NodeConfig.onLoopback(Role.ROLE_NODE).with(source));
  }

  String address() {
    return daemon.address().toString();
  }

  /** Loads a bundled program that checks its memory when it is asked to. */
  void load(String name, String program, int mebibytes) {
    var _ =
        admin.loadGuest(
            LoadGuestRequest.newBuilder()
                .setName(name)
                .setBundledProgram(program)
                .setVcpuCount(1)
                .setMemoryBytes((long) mebibytes << 20)
                .setParameters(
                    ProgramParameters.newBuilder().setSeed(name.hashCode()).setRandomOrder(true))
                .build());
  }

  void run(String name) {
    var _ = admin.resumeGuest(ResumeGuestRequest.newBuilder().setGuest(name).build());
  }

  void pause(String name) {
    var _ = admin.pauseGuest(PauseGuestRequest.newBuilder().setGuest(name).build());
  }

  Status status(String name) {
    return admin.getStatus(GetStatusRequest.newBuilder().setGuest(name).build());
  }

  List<Status> guests() {
    return admin.listGuests(ListGuestsRequest.getDefaultInstance()).getGuestsList();
  }

  /** Starts a migration of a guest. */
  void begin(String name, Nodes to) {
    var _ =
        admin.migrate(
            MigrateRequest.newBuilder().setGuest(name).setDestination(to.address()).build());
  }

  /** Waits until a guest has arrived, and compares what was sent with what is there. */
  void awaitArrival(String name, Nodes to) {
    MigrationStatus left = awaitEnd(name);
    MigrationStatus arrived = to.awaitEnd(name);
    assertThat(left.getPhase()).as(left.getReason()).isEqualTo(Phase.PHASE_COMPLETED);
    assertThat(arrived.getPhase()).as(arrived.getReason()).isEqualTo(Phase.PHASE_COMPLETED);
    assertThat(arrived.getMigration()).isEqualTo(left.getMigration());
    assertThat(arrived.getImageDigest()).isNotEmpty().isEqualTo(left.getImageDigest());
  }

  private MigrationStatus awaitEnd(String name) {
    return await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> status(name).getMigration(),
            migration ->
                switch (migration.getPhase()) {
                  case PHASE_COMPLETED, PHASE_CANCELLED, PHASE_FAILED, PHASE_POSTCOPY_PAUSED ->
                      true;
                  default -> false;
                });
  }

  /** Tells a guest to check itself, and waits until it has found nothing wrong. */
  void assertGuestIsWell(String name) {
    var _ =
        admin.writeConsole(
            WriteConsoleRequest.newBuilder()
                .setGuest(name)
                .setData(ByteString.copyFromUtf8("q"))
                .build());
    Status end =
        await()
            .atMost(PATIENCE)
            .until(
                () -> status(name),
                status -> status.getGuest().getState() == GuestState.GUEST_STATE_SHUTDOWN);
    assertThat(end.getGuest().getExitCode()).as(name).isZero();
  }

  /** The refusal that a call meets. */
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
