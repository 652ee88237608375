package io.pageferry.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.ErrorCode;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of a migration when the network between the daemons is cut, restored or slow. */
@NeedsEngine
class NetworkIT {
  private static final long LINK_BITS_PER_SECOND = 100_000_000;
  private static final long FETCHED_PAGES = 20;

  private Stage stage;

  @BeforeEach
  void startDaemons() {
    stage = new Stage();
  }

  @AfterEach
  void removeDaemons() {
    stage.close();
  }

  @Test
  void withoutANetworkTheMigrationFailsAndOnceItIsBackTheGuestIsMoved() throws Exception {
    stage.runGuest("kv", "32MiB");
    stage.destination().leavePages();
    stage.migrate().refused(ExitCode.UNREACHABLE, "dest-pages:7402");
    Status failed = stage.source().status();
    assertThat(failed.getPhase()).isEqualTo(Phase.PHASE_FAILED);
    assertThat(failed.getMigration().getReasonCode())
        .isEqualTo(ErrorCode.ERROR_CODE_DESTINATION_UNREACHABLE);
    assertThat(failed.getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_RUNNING);
    stage.destination().joinPages();
    // For some seconds the source remembers that the name was unknown.
    await().atMost(Daemon.PATIENCE).until(() -> stage.migrate().exitCode() == ExitCode.OK.number());
    var _ = stage.assertWhole();
    stage.assertGuestFindsItselfWhole("kv");
  }

  @Test
  void aCutAfterSwitchoverPausesBothSidesWithoutLossAndNeitherStartsASecondCopy() throws Exception {
    stage.runGuest("kv", "32MiB");
    stage.holdInPostcopy();
    await()
        .atMost(Daemon.PATIENCE)
        .until(() ->
            stage.destination().status().getMigration().getPages().getDemand() > FETCHED_PAGES);
    stage.destination().leavePages();
    assertPaused(stage.source().awaitPhase(Phase.PHASE_POSTCOPY_PAUSED));
    assertPaused(stage.destination().awaitPhase(Phase.PHASE_POSTCOPY_PAUSED));
    assertEveryPageIsSomewhere();
    stage.destination().joinPages();
    // Nothing connects again by itself; what is there stays.
    await()
        .during(Duration.ofSeconds(2))
        .atMost(Daemon.PATIENCE)
        .until(() ->
            stage.source().status().getPhase() == Phase.PHASE_POSTCOPY_PAUSED
                && stage.destination().status().getPhase() == Phase.PHASE_POSTCOPY_PAUSED);
    assertEveryPageIsSomewhere();
    assertThat(stage.source().status().getGuest().getState())
        .isEqualTo(GuestState.GUEST_STATE_HANDED_OVER);
    stage.ferry("guest", "resume").refused(ExitCode.REFUSED, "epoch");
  }

  private static void assertPaused(Status status) {
    MigrationStatus migration = status.getMigration();
    assertThat(migration.getReasonCode()).isEqualTo(ErrorCode.ERROR_CODE_LANE_LOST);
    assertThat(migration.getReason()).contains("lost").endsWith(".");
  }

  /** What the source has given back is present at the destination. */
  private void assertEveryPageIsSomewhere() {
    PageCounts here = stage.source().status().getMigration().getPages();
    PageCounts there = stage.destination().status().getMigration().getPages();
    assertThat(there.getPresent()).isBetween(here.getPresent(), there.getTotal() - 1);
    assertThat(here.getTotal()).isEqualTo(there.getTotal());
  }

  @Test
  void aSlowLinkIsUsedUpByTheDrainAndTheGuestArrivesWhole() throws Exception {
    SlowLink.assumePossible();
    stage.runGuest("kv", "32MiB");
    SlowLink.limit(stage.source(), LINK_BITS_PER_SECOND);
    MigrationStatus arrived = stage.migrateWhole();
    long bits = (arrived.getDemandBytes() + arrived.getDrainBytes()) * 8;
    double seconds = arrived.getElapsedNanos() / 1e9;
    assertThat(bits).as("bits moved").isGreaterThan(LINK_BITS_PER_SECOND);
    assertThat(bits / seconds)
        .as("bits a second")
        .isBetween(LINK_BITS_PER_SECOND * 0.5, LINK_BITS_PER_SECOND * 1.1);
    stage.assertGuestFindsItselfWhole("kv");
  }
}
