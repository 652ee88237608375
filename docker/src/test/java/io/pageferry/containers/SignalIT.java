package io.pageferry.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.ErrorCode;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.testcontainers.containers.GenericContainer;

/**
 * A daemon that is ended, in each phase, and what the other one says then. Exit code 10 of one that
 * obeys SIGTERM says that something is lost with it.
 */
@NeedsEngine
class SignalIT {
  private Stage stage;

  /** Daemons that obey SIGTERM without a grace period: what it is for has tests of its own. */
  @BeforeEach
  void startDaemonsAndAGuest() {
    stage = new Stage(SignalIT::withoutGrace, SignalIT::withoutGrace);
    stage.runGuest("kv", "32MiB");
  }

  private static GenericContainer<?> withoutGrace(GenericContainer<?> container) {
    return container.withEnv("PAGEFERRY_SHUTDOWN_GRACE", "0s");
  }

  @AfterEach
  void removeDaemons() {
    stage.close();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"TERM, 10", "KILL, 137"})
  void aSourceThatEndsBeforeAMigrationLeavesTheDestinationAsItWas(String signal, long exitCode) {
    stage.source().signal(signal);
    assertThat(stage.source().awaitExit()).isEqualTo(exitCode);
    assertThat(stage.destination().status().getPhase()).isEqualTo(Phase.PHASE_LISTENING);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"TERM, 143", "KILL, 137"})
  void aDestinationThatEndsBeforeAMigrationMakesItFailAndTheGuestRunsOn(
      String signal, long exitCode) throws Exception {
    stage.destination().signal(signal);
    assertThat(stage.destination().awaitExit()).isEqualTo(exitCode);
    stage.migrate().refused(ExitCode.UNREACHABLE, "dest-pages:7402");
    assertGuestRunsAtTheSource();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"TERM, 10", "KILL, 137"})
  void aSourceThatEndsDuringSetupLeavesTheDestinationListening(String signal, long exitCode)
      throws Exception {
    holdInSetup();
    stage.source().signal(signal);
    assertThat(stage.source().awaitExit()).isEqualTo(exitCode);
    stage.destination().thaw();
    Status status = stage.destination().awaitPhase(Phase.PHASE_LISTENING);
    assertThat(status.hasGuest()).isFalse();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"TERM, 143", "KILL, 137"})
  void aDestinationThatEndsDuringSetupMakesItFailAndTheGuestRunsOn(String signal, long exitCode)
      throws Exception {
    holdInSetup();
    stage.destination().signal(signal);
    assertThat(stage.destination().awaitExit()).isEqualTo(exitCode);
    assertGuestRunsAtTheSource();
  }

  /** The destination is frozen, so that it answers nothing; its host still takes connections. */
  private void holdInSetup() {
    stage.destination().freeze();
    stage.beginMigration(Duration.ZERO);
    var _ = stage.source().awaitPhase(Phase.PHASE_SETUP);
  }

  private void assertGuestRunsAtTheSource() {
    Status status = stage.source().awaitPhase(Phase.PHASE_FAILED);
    assertThat(status.getMigration().getReason()).endsWith(".");
    assertThat(status.getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_RUNNING);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"TERM, 10", "KILL, 137"})
  void aSourceThatEndsAfterSwitchoverLeavesTheDestinationPausedWithWhatHasCome(
      String signal, long exitCode) throws Exception {
    stage.holdInPostcopy();
    stage.source().signal(signal);
    assertThat(stage.source().awaitExit()).isEqualTo(exitCode);
    Status status = awaitPaused(stage.destination());
    PageCounts pages = status.getMigration().getPages();
    assertThat(pages.getPresent()).isBetween(1L, pages.getTotal() - 1);
    assertThat(status.getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_RUNNING);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"TERM, 10", "KILL, 137"})
  void aDestinationThatEndsAfterSwitchoverLeavesTheSourcePausedWithEveryPageNotAcknowledged(
      String signal, long exitCode) throws Exception {
    stage.holdInPostcopy();
    stage.destination().signal(signal);
    assertThat(stage.destination().awaitExit()).isEqualTo(exitCode);
    Status status = awaitPaused(stage.source());
    PageCounts pages = status.getMigration().getPages();
    long kept = pages.getTotal() - pages.getZero() - pages.getReleased();
    assertThat(kept).isPositive();
    assertThat(status.getGuest().getResidentBytes()).isGreaterThanOrEqualTo(kept * 4096);
    assertThat(status.getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_HANDED_OVER);
    stage.ferry("guest", "resume").refused(ExitCode.REFUSED, "epoch");
  }

  private static Status awaitPaused(Daemon survivor) {
    Status status = survivor.awaitPhase(Phase.PHASE_POSTCOPY_PAUSED);
    assertThat(status.getMigration().getReasonCode()).isEqualTo(ErrorCode.ERROR_CODE_LANE_LOST);
    assertThat(survivor.isUnharmed()).isTrue();
    return status;
  }
}
