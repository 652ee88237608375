package io.pageferry.cli;

import static io.pageferry.cli.FerryRun.ferryAt;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.e2e.DaemonPair;
import io.pageferry.e2e.FakeDestination;
import io.pageferry.e2e.Guests;
import io.pageferry.host.HostMemory;
import io.pageferry.node.NodeConfig;
import io.pageferry.node.NodeDaemon;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Migrations that do not come to pass: one sentence, and the guest runs on at the source. */
class RefusedMigrationTest {
  private DaemonPair daemons;

  @BeforeEach
  void startDaemonsAndAGuest() {
    daemons = DaemonPair.start(2);
    daemons.run(Guests.program("counter", 1, 4, 1).build());
  }

  @AfterEach
  void stopDaemons() {
    daemons.close();
  }

  /** The guest runs at the source, and can be moved still. */
  private void theGuestGoesOn() {
    assertThat(daemons.source().status().getGuest().getState())
        .isEqualTo(GuestState.GUEST_STATE_RUNNING);
    assertThat(daemons.destination().status().hasGuest()).isFalse();
    String sentence = ferryAt(daemons, "migrate").succeeded();
    assertThat(sentence).contains("has moved", "digests equal");
  }

  @Test
  void aDestinationThatIsDown() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    ferryAt(daemons, "migrate", "--to", "127.0.0.1:" + port)
        .refused(ExitCode.UNREACHABLE, "127.0.0.1:" + port, "does not answer");
    theGuestGoesOn();
  }

  @Test
  void aDestinationThatHasAGuestOfThatName() {
    ferryAt(daemons, "migrate").succeeded();
    try (DaemonPair others = DaemonPair.start()) {
      others.run(Guests.program("counter", 1, 4, 1).build());
      ferryAt(others, "migrate", "--to", daemons.destination().address())
          .refused(ExitCode.REFUSED, "another guest that is called counter", "another name");
      assertThat(others.source().status().getGuest().getState())
          .isEqualTo(GuestState.GUEST_STATE_RUNNING);
    }
    assertThat(daemons.destination().status().getGuest().getState())
        .isEqualTo(GuestState.GUEST_STATE_RUNNING);
  }

  @Test
  void aDestinationWithTooFewVcpus() {
    try (DaemonPair others = DaemonPair.start()) {
      others.run(Guests.program("smp", 3, 4, 1).build());
      ferryAt(others, "migrate", "--to", daemons.destination().address())
          .refused(ExitCode.ENVIRONMENT, "3 vCPUs", "--max-vcpus");
      assertThat(others.source().status().getGuest().getState())
          .isEqualTo(GuestState.GUEST_STATE_RUNNING);
    }
    theGuestGoesOn();
  }

  @Test
  void aDestinationWithTooLittleMemory(@TempDir Path host) throws IOException {
    Files.createDirectories(host.resolve("proc/self"));
    Files.writeString(host.resolve("proc/meminfo"), "MemTotal: 4096 kB\nMemAvailable: 1024 kB\n");
    Files.writeString(host.resolve("proc/self/cgroup"), "");
    try (NodeDaemon small =
        new NodeDaemon(NodeConfig.onLoopback(Role.ROLE_DESTINATION), HostMemory.under(host))) {
      small.start();
      ferryAt(daemons, "migrate", "--to", small.address().toString())
          .refused(ExitCode.ENVIRONMENT, "needs 4MiB", "1MiB are free");
    }
    theGuestGoesOn();
  }

  @Test
  void aDestinationOfAnotherVersion() {
    try (FakeDestination future = FakeDestination.future()) {
      ferryAt(daemons, "migrate", "--to", future.address())
          .refused(ExitCode.VERSION_MISMATCH, "99", "9.9");
    }
    theGuestGoesOn();
  }

  @Test
  void aSecondMigrationWhileOneRuns() throws InterruptedException {
    try (FakeDestination slow = FakeDestination.slow()) {
      ferryAt(daemons, "migrate", "--detach", "--to", slow.address()).succeeded();
      slow.awaitAsked();
      ferryAt(daemons, "migrate").refused(ExitCode.REFUSED, slow.address(), "is moving already");
      assertThat(daemons.source().status().getPhase()).isEqualTo(Phase.PHASE_SETUP);
    }
  }

  @Test
  void aCapThatNoFrameFitsUnder() {
    ferryAt(daemons, "migrate", "--max-in-flight", "4KiB").refused(ExitCode.USAGE, "256KiB");
    theGuestGoesOn();
  }

  @Test
  void aSourceWithoutAGuest() {
    ferryAt(daemons, "guest", "unload").succeeded();
    ferryAt(daemons, "migrate").refused(ExitCode.REFUSED, "ferry guest load");
  }

  @Test
  void cancellingBeforeSwitchoverLeavesTheGuestAtTheSource() throws Exception {
    try (FakeDestination slow = FakeDestination.slow()) {
      FerryRun[] waiting = new FerryRun[1];
      Thread migrate =
          Thread.ofPlatform()
              .start(() -> waiting[0] = ferryAt(daemons, "migrate", "--to", slow.address()));
      slow.awaitAsked();
      ferryAt(daemons, "cancel").succeeded();
      migrate.join();
      waiting[0].refused(ExitCode.MIGRATION_FAILED, "still at the source", "cancelled");
    }
    assertThat(daemons.source().status().getPhase()).isEqualTo(Phase.PHASE_CANCELLED);
    ferryAt(daemons, "cancel").refused(ExitCode.REFUSED, "No migration runs");
    theGuestGoesOn();
  }

  @Test
  void cancellingWhatIsDoneIsRefused() {
    ferryAt(daemons, "migrate").succeeded();
    ferryAt(daemons, "cancel").refused(ExitCode.REFUSED, "COMPLETED");
  }
}
