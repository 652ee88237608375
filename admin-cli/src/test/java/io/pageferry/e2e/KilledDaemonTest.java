package io.pageferry.e2e;

import static io.pageferry.cli.FerryRun.ferry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.cli.FerryRun;
import io.pageferry.client.AdminClient;
import io.pageferry.config.HostPort;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.ErrorCode;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 in the middle of post-copy: the other daemon lives, says what it lost, loses nothing. */
class KilledDaemonTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory = Path.of("");
  private JavaProgram source;
  private JavaProgram destination;
  private AdminClient sourceClient;
  private AdminClient destinationClient;
  private CompletableFuture<FerryRun> migrate;

  /** The guest runs at the destination; the drain waits, so that pages stay at the source. */
  @BeforeEach
  void startPostcopy() throws Exception {
    source = JavaProgram.source(directory);
    destination = JavaProgram.destination(directory);
    String from = source.awaitAddress();
    String to = destination.awaitAddress();
    sourceClient = new AdminClient(Role.ROLE_SOURCE, HostPort.parse(from), PATIENCE);
    destinationClient = new AdminClient(Role.ROLE_DESTINATION, HostPort.parse(to), PATIENCE);
    String[] load = {"guest", "load", "--program=kv", "--memory=32MiB", "--source=" + from};
    var _ = ferry(load).succeeded();
    var _ = ferry("guest", "start", "--source=" + from).succeeded();
    migrate =
        CompletableFuture.supplyAsync(
            () -> ferry("migrate", "--drain-after=1h", "--source=" + from, "--dest=" + to));
    await().atMost(PATIENCE).until(() -> phase(sourceClient) == Phase.PHASE_POSTCOPY_ACTIVE);
    await().atMost(PATIENCE).until(() -> phase(destinationClient) == Phase.PHASE_POSTCOPY_ACTIVE);
  }

  @AfterEach
  void stop() {
    // The daemons first, which exist also when they never said where they listen.
    source.close();
    destination.close();
    sourceClient.close();
    destinationClient.close();
  }

  private static Phase phase(AdminClient daemon) {
    return daemon.status().getPhase();
  }

  private static Status awaitPaused(AdminClient survivor) {
    Status status =
        await()
            .atMost(PATIENCE)
            .until(survivor::status, now -> now.getPhase() == Phase.PHASE_POSTCOPY_PAUSED);
    assertThat(status.getMigration().getReasonCode()).isEqualTo(ErrorCode.ERROR_CODE_LANE_LOST);
    assertThat(status.getMigration().getReason()).contains("lost").endsWith(".");
    return status;
  }

  @Test
  void theSourceOutlivesTheDestinationAndKeepsEveryPageThatIsNotAcknowledged() throws Exception {
    destination.kill();
    Status status = awaitPaused(sourceClient);
    assertThat(status.getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_HANDED_OVER);
    PageCounts pages = status.getMigration().getPages();
    long kept = pages.getTotal() - pages.getZero() - pages.getReleased();
    assertThat(kept).isPositive();
    assertThat(status.getGuest().getResidentBytes()).isGreaterThanOrEqualTo(kept * 4096);
    migrate.get(60, TimeUnit.SECONDS).refused(ExitCode.PAUSED, "paused", "keeps every page");
    ferry("guest", "resume", "--source=" + sourceClient.address())
        .refused(ExitCode.REFUSED, "epoch");
    assertThat(source.isAlive()).isTrue();
  }

  @Test
  void aSourceWhoseDestinationIsGoneGivesItsPagesUpByForceAndTakesTheNextGuest() throws Exception {
    destination.kill();
    var _ = awaitPaused(sourceClient);
    String at = "--source=" + sourceClient.address();
    ferry("guest", "pause", at).refused(ExitCode.REFUSED, destinationClient.address());
    ferry("guest", "console", "--write=q", at)
        .refused(ExitCode.REFUSED, destinationClient.address());
    ferry("guest", "unload", at).refused(ExitCode.REFUSED, "cannot go on", "--force");
    assertThat(ferry("guest", "unload", "--force", at).succeeded()).contains("cannot go on");
    assertThat(sourceClient.status().getPhase()).isEqualTo(Phase.PHASE_FAILED);
    var _ = ferry("guest", "load", "--program=counter", "--memory=4MiB", at).succeeded();
    try (JavaProgram other = JavaProgram.destination(directory)) {
      ferry("migrate", at, "--dest=" + other.awaitAddress()).succeeded();
    }
  }

  @Test
  void aDestinationWhoseSourceIsGoneEndsItsWaitingGuestByForceAndTakesTheNext() throws Exception {
    source.kill();
    var _ = awaitPaused(destinationClient);
    // Every vCPU waits for a page, on a lane that has no other end.
    await()
        .atMost(PATIENCE)
        .until(() -> destinationClient.status().getGuest().getVcpus(0).getWaitingNanos() > 0);
    assertTheDestinationIsFreedByForce();
  }

  @Test
  void aDestinationWhoseSourceHangsEndsItsWaitingGuestByForceAndTakesTheNext() throws Exception {
    source.signal("STOP");
    await()
        .atMost(PATIENCE)
        .until(() -> destinationClient.status().getGuest().getVcpus(0).getWaitingNanos() > 0);
    assertTheDestinationIsFreedByForce();
  }

  private void assertTheDestinationIsFreedByForce() throws Exception {
    String at = "--dest=" + destinationClient.address();
    ferry("guest", "unload", "--at=dest", at).refused(ExitCode.REFUSED, "never arrived", "--force");
    assertThat(ferry("guest", "unload", "--at=dest", "--force", at).succeeded())
        .contains("never arrived");
    Status status = destinationClient.status();
    assertThat(status.getPhase()).isEqualTo(Phase.PHASE_FAILED);
    assertThat(status.hasGuest()).isFalse();
    assertThat(status.getMigration().getReasonCode())
        .isEqualTo(ErrorCode.ERROR_CODE_GUEST_DISCARDED);
    try (JavaProgram other = JavaProgram.source(directory)) {
      String from = "--source=" + other.awaitAddress();
      ferry("guest", "load", "--program=counter", "--memory=4MiB", from).succeeded();
      ferry("migrate", from, at).succeeded();
    }
  }

  @Test
  void theDestinationOutlivesTheSourceWithEveryPageThatHasCome() throws Exception {
    source.kill();
    Status status = awaitPaused(destinationClient);
    assertThat(status.getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_RUNNING);
    PageCounts pages = status.getMigration().getPages();
    assertThat(pages.getPresent()).isBetween(1L, pages.getTotal() - 1);
    migrate.get(60, TimeUnit.SECONDS).refused(ExitCode.PAUSED, "paused", "lane was lost");
    assertThat(destination.isAlive()).isTrue();
  }
}
