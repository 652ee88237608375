package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.pageferry.cli.migrate.Migrations;
import io.pageferry.client.AdminClient;
import io.pageferry.client.Daemons;
import io.pageferry.client.StatusPair;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.guest.GuestLimits;
import io.pageferry.dest.DestConfig;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.node.NodeConfig;
import io.pageferry.node.NodeDaemon;
import io.pageferry.proto.v1.DigestGuestRequest;
import io.pageferry.proto.v1.DigestGuestResponse;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.ReadConsoleRequest;
import io.pageferry.proto.v1.ResumeGuestRequest;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.UnloadGuestRequest;
import io.pageferry.proto.v1.VcpuStatus;
import io.pageferry.proto.v1.WriteConsoleRequest;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/** Both daemons in this JVM, on free ports of the loopback interface. One thread. */
public final class DaemonPair implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** All tests can be run under another mechanism. */
  private static final MechanismChoice MECHANISM =
      MechanismChoice.parse(System.getProperty("pageferry.mechanism", "userfault-bitmap"));

  private final NodeDaemon sourceDaemon;
  private final NodeDaemon destinationDaemon;
  private final AdminClient source;
  private final AdminClient destination;

  private DaemonPair(NodeConfig here, NodeConfig there) {
    this(here, there, MECHANISM);
  }

  private DaemonPair(NodeConfig here, NodeConfig there, MechanismChoice mechanism) {
    sourceDaemon = new NodeDaemon(here);
    destinationDaemon = new NodeDaemon(there.with(there.destination().with(mechanism)));
    sourceDaemon.start();
    destinationDaemon.start();
    source = new AdminClient(Role.ROLE_SOURCE, sourceDaemon.address(), PATIENCE);
    destination = new AdminClient(Role.ROLE_DESTINATION, destinationDaemon.address(), PATIENCE);
  }

  /** Two daemons that listen. */
  public static DaemonPair start() {
    return start(64);
  }

  /** Two daemons that listen; the destination takes only so many vCPUs. */
  public static DaemonPair start(int maxVcpus) {
    return new DaemonPair(
        NodeConfig.onLoopback(Role.ROLE_SOURCE),
        NodeConfig.onLoopback(Role.ROLE_DESTINATION)
            .with(new DestConfig(maxVcpus, MECHANISM, DestConfig.DEFAULT.prefetch())));
  }

  /** Two daemons that listen; accesses to missing pages are stopped in this way. */
  static DaemonPair start(MechanismChoice mechanism) {
    return new DaemonPair(
        NodeConfig.onLoopback(Role.ROLE_SOURCE),
        NodeConfig.onLoopback(Role.ROLE_DESTINATION),
        mechanism);
  }

  /** Two daemons that listen, each with both roles. */
  public static DaemonPair startNodes() {
    return new DaemonPair(
        NodeConfig.onLoopback(Role.ROLE_NODE), NodeConfig.onLoopback(Role.ROLE_NODE));
  }

  /** The same, where so many guests may leave or come at a time. */
  public static DaemonPair startNodes(int migrations) {
    GuestLimits limits =
        new GuestLimits(
            GuestLimits.DEFAULT.guests(), GuestLimits.DEFAULT.memory(), migrations, migrations);
    return new DaemonPair(
        NodeConfig.onLoopback(Role.ROLE_NODE).with(limits),
        NodeConfig.onLoopback(Role.ROLE_NODE).with(limits));
  }

  /** Two daemons that listen on a host of this name or address. */
  public static DaemonPair startAt(String host) {
    HostPort any = new HostPort(host, 0);
    return new DaemonPair(
        NodeConfig.at(any, any, Role.ROLE_SOURCE), NodeConfig.at(any, any, Role.ROLE_DESTINATION));
  }

  /** A client of the source. */
  public AdminClient source() {
    return source;
  }

  /** A client of the destination. */
  public AdminClient destination() {
    return destination;
  }

  /** Where the metrics of a daemon are served. */
  public HostPort metricsAddress(Role role) {
    return role == Role.ROLE_SOURCE
        ? sourceDaemon.metricsAddress()
        : destinationDaemon.metricsAddress();
  }

  /** Loads a guest at the source and lets it run. */
  public void run(LoadGuestRequest guest) {
    load(guest);
    resume(source);
  }

  /** Loads a guest at the source. */
  public void load(LoadGuestRequest guest) {
    var _ = source.call(stub -> stub.loadGuest(guest));
  }

  /** Runs the guest of a daemon. */
  public static void resume(AdminClient daemon) {
    var _ = daemon.call(stub -> stub.resumeGuest(ResumeGuestRequest.getDefaultInstance()));
  }

  /** Waits until the guest at the source has retired so many instructions. */
  public void awaitInstructions(long count) {
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> instructions(source.status().getGuest()) >= count);
  }

  /** Instructions of all vCPUs. */
  public static long instructions(GuestStatus guest) {
    return guest.getVcpusList().stream().mapToLong(VcpuStatus::getInstructions).sum();
  }

  /** Moves the guest, and checks that it has arrived byte for byte. */
  public StatusPair migrate() {
    return migrate(MigrateRequest.newBuilder());
  }

  /** The same with further wishes. */
  StatusPair migrate(MigrateRequest.Builder wishes) {
    MigrateRequest request = wishes.setDestination(destination.address()).build();
    var _ = source.call(stub -> stub.migrate(request));
    StatusPair end = awaitEnd();
    MigrationStatus left = end.sourceMigration().orElseThrow();
    MigrationStatus arrived = end.destinationMigration().orElseThrow();
    assertThat(left.getPhase()).as(left.getReason()).isEqualTo(Phase.PHASE_COMPLETED);
    assertThat(arrived.getPhase()).as(arrived.getReason()).isEqualTo(Phase.PHASE_COMPLETED);
    assertThat(arrived.getImageDigest()).isNotEmpty().isEqualTo(left.getImageDigest());
    PageCounts pages = arrived.getPages();
    assertThat(pages.getDemand() + pages.getDrain() + pages.getZero())
        .as("pages by origin")
        .isEqualTo(pages.getTotal());
    return end;
  }

  private StatusPair awaitEnd() {
    AtomicReference<StatusPair> last = new AtomicReference<>();
    Daemons daemons = new Daemons(source, destination);
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> {
          StatusPair now = daemons.statuses();
          last.set(now);
          Phase there =
              now.destinationMigration()
                  .map(MigrationStatus::getPhase)
                  .orElse(Phase.PHASE_UNSPECIFIED);
          return Migrations.ended(now.phase())
              && (now.phase() != Phase.PHASE_COMPLETED || Migrations.ended(there));
        });
    return last.get();
  }

  /** Tells the guest at a daemon to check itself; gives its last line once it has ended. */
  static String verdict(AdminClient daemon) {
    WriteConsoleRequest request =
        WriteConsoleRequest.newBuilder().setData(ByteString.copyFromUtf8("q")).build();
    var _ = daemon.call(stub -> stub.writeConsole(request));
    GuestStatus guest = awaitShutdown(daemon);
    String line = lastLine(daemon);
    assertThat(guest.getExitCode()).as(line).isZero();
    return line;
  }

  /** Tells the guest at a daemon to check itself; gives its last line, whatever it has found. */
  static String lastWords(AdminClient daemon) {
    WriteConsoleRequest request =
        WriteConsoleRequest.newBuilder().setData(ByteString.copyFromUtf8("q")).build();
    var _ = daemon.call(stub -> stub.writeConsole(request));
    var _ = awaitShutdown(daemon);
    return lastLine(daemon);
  }

  /** Waits until the guest has ended itself or reached its instruction limit. */
  static GuestStatus awaitShutdown(AdminClient daemon) {
    return await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> daemon.status().getGuest(),
            guest -> guest.getState() == GuestState.GUEST_STATE_SHUTDOWN);
  }

  private static String lastLine(AdminClient daemon) {
    StringBuilder text = new StringBuilder();
    var _ =
        daemon.call(stub -> {
          stub.readConsole(ReadConsoleRequest.getDefaultInstance())
              .forEachRemaining(part -> text.append(part.getData().toStringUtf8()));
          return text;
        });
    return text.toString().lines().filter(line -> !line.isBlank()).reduce("", (_, line) -> line);
  }

  /** SHA-256 of memory and state of a guest that does not run. */
  static DigestGuestResponse digest(AdminClient daemon) {
    return daemon.call(stub -> stub.digestGuest(DigestGuestRequest.getDefaultInstance()));
  }

  /** Discards the guest of a daemon. */
  static void unload(AdminClient daemon) {
    var _ = daemon.call(stub -> stub.unloadGuest(UnloadGuestRequest.getDefaultInstance()));
  }

  /** Discards the guest at both daemons, so that another can be loaded and moved. */
  void unloadBoth() {
    unload(source);
    unload(destination);
  }

  @Override
  public void close() {
    source.close();
    destination.close();
    sourceDaemon.close();
    destinationDaemon.close();
  }
}
