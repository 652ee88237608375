package io.pageferry.cli.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.client.StatusPair;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import org.junit.jupiter.api.Test;

/** Whoever watches a migration until it is done sees its end, also one that nobody tells of. */
class MigrationsTest {
  private static final StatusPair SETUP =
      StatusPair.of(
          Status.newBuilder()
              .setPhase(Phase.PHASE_SETUP)
              .setMigration(MigrationStatus.newBuilder().setPhase(Phase.PHASE_SETUP))
              .build(),
          Status.newBuilder().setPhase(Phase.PHASE_LISTENING).build());
  private static final StatusPair NONE =
      StatusPair.of(
          Status.getDefaultInstance(), Status.newBuilder().setPhase(Phase.PHASE_LISTENING).build());

  private final Migrations.End end = new Migrations.End();

  @Test
  void aMigrationThatItsSourceHasForgottenIsOver() {
    assertThat(end.outcome(SETUP, 0)).isEmpty();
    assertThat(end.outcome(NONE, 1)).isEmpty();
    assertThat(end.outcome(NONE, 60_000_000_000L)).contains(ExitCode.MIGRATION_FAILED);
  }

  @Test
  void aMigrationThatIsStillToComeIsWaitedFor() {
    assertThat(end.outcome(NONE, 0)).isEmpty();
    assertThat(end.outcome(NONE, 60_000_000_000L)).isEmpty();
    assertThat(end.outcome(SETUP, 61_000_000_000L)).isEmpty();
  }
}
