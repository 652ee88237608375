package io.pageferry.cli.migrate;

import io.pageferry.cli.output.StandardOutput;
import io.pageferry.cli.output.Terminal;
import io.pageferry.cli.view.LiveArea;
import io.pageferry.client.Daemons;
import io.pageferry.client.Failures;
import io.pageferry.client.FerryException;
import io.pageferry.client.StatusPair;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** Following a migration to its end. Stateless. */
public final class Migrations {
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(100);

  /** How long one daemon may take to notice an end that the other knows of. */
  private static final Duration SETTLE_TIME = Duration.ofSeconds(5);

  private Migrations() {}

  /** Whether the migration has ended, or is paused, when it may not end by itself. */
  public static boolean ended(Phase phase) {
    return switch (phase) {
      case PHASE_COMPLETED, PHASE_CANCELLED, PHASE_FAILED, PHASE_POSTCOPY_PAUSED -> true;
      default -> false;
    };
  }

  /**
   * How the migration ended, digests included where both sides know them.
   *
   * @param statuses of a migration that has {@link #ended}
   */
  public static ExitCode outcome(StatusPair statuses) {
    Optional<MigrationStatus> migration =
        statuses.sourceMigration().or(statuses::destinationMigration);
    if (migration.isEmpty()) {
      return ExitCode.INTERNAL;
    }
    ExitCode outcome = outcome(migration.get());
    return outcome == ExitCode.OK && digestsDiffer(statuses)
        ? ExitCode.VERIFICATION_FAILED
        : outcome;
  }

  private static ExitCode outcome(MigrationStatus migration) {
    return switch (migration.getPhase()) {
      case PHASE_COMPLETED -> ExitCode.OK;
      case PHASE_POSTCOPY_PAUSED -> ExitCode.PAUSED;
      case PHASE_FAILED -> {
        ExitCode reason = Failures.exitCode(migration.getReasonCode());
        yield reason == ExitCode.INTERNAL || reason == ExitCode.PAUSED
            ? ExitCode.MIGRATION_FAILED
            : reason;
      }
      default -> ExitCode.MIGRATION_FAILED;
    };
  }

  /** Whether both sides have a digest of one migration and the two are equal. */
  static boolean digestsAreEqual(StatusPair statuses) {
    return statuses.sameMigration()
        && !statuses.sourceMigration().orElseThrow().getImageDigest().isEmpty()
        && statuses
            .sourceMigration()
            .orElseThrow()
            .getImageDigest()
            .equals(statuses.destinationMigration().orElseThrow().getImageDigest());
  }

  /** Whether both sides have a digest of one migration and the two are not equal. */
  static boolean digestsDiffer(StatusPair statuses) {
    if (!statuses.sameMigration()) {
      return false;
    }
    String here = statuses.sourceMigration().orElseThrow().getImageDigest();
    String there = statuses.destinationMigration().orElseThrow().getImageDigest();
    return !here.isEmpty() && !there.isEmpty() && !here.equals(there);
  }

  /**
   * Shows progress until the migration has ended or paused. Should the source fall silent after
   * switchover, or know another migration or none, the destination tells how it went on.
   *
   * @param migrationId the migration to follow
   * @return the statuses at the end; without the source's if it does not know the migration
   * @throws FerryException if the source stops answering, or has forgotten the migration, and the
   *     destination does not know the end
   */
  public static StatusPair follow(Daemons daemons, String migrationId, Terminal terminal)
      throws InterruptedException {
    try (LiveArea area = new LiveArea(terminal.stream(), terminal.interactive())) {
      ProgressLines lines = new ProgressLines(area, terminal);
      return follow(
          daemons,
          migrationId,
          statuses -> {
            StandardOutput.requireOpen();
            // In a file the sentence that follows says of a failure all there is to say.
            if (area.redraws()
                || !ended(statuses.phase())
                || statuses.phase() == Phase.PHASE_COMPLETED) {
              lines.show(statuses, System.nanoTime());
            }
          });
    }
  }

  /** The same; each look is given to {@code look}. */
  static StatusPair follow(Daemons daemons, String migrationId, Consumer<StatusPair> look)
      throws InterruptedException {
    long settleDeadline = 0;
    long silenceDeadline = 0;
    long uptime = 0;
    while (true) {
      StatusPair answers = daemons.statuses();
      StatusPair statuses = answers.ofMigration(migrationId);
      boolean ended = ended(statuses.phase());
      if (statuses.source() == null) {
        ended = ended && destinationKnows(statuses, migrationId);
        silenceDeadline = silenceDeadline == 0 ? deadline() : silenceDeadline;
        if (!ended && System.nanoTime() - silenceDeadline > 0) {
          throw answers.source() == null
              ? sourceIsSilent(statuses, migrationId)
              : sourceHasForgotten(migrationId, answers.source().getUptimeNanos() < uptime);
        }
      } else {
        silenceDeadline = 0;
        uptime = statuses.source().getUptimeNanos();
      }
      look.accept(statuses);
      if (ended) {
        settleDeadline = settleDeadline == 0 ? deadline() : settleDeadline;
        if (settled(statuses) || System.nanoTime() - settleDeadline > 0) {
          return statuses;
        }
      }
      Thread.sleep(LOOK_INTERVAL);
    }
  }

  private static long deadline() {
    return System.nanoTime() + SETTLE_TIME.toNanos();
  }

  private static boolean destinationKnows(StatusPair statuses, String migrationId) {
    return statuses
        .destinationMigration()
        .filter(there -> there.getMigration().getMigrationId().equals(migrationId))
        .isPresent();
  }

  private static FerryException sourceIsSilent(StatusPair statuses, String migrationId) {
    return new FerryException(
        ExitCode.UNREACHABLE,
        "The source stopped answering while migration %s ran: %s"
            .formatted(migrationId, statuses.sourceFailure()));
  }

  private static FerryException sourceHasForgotten(String migrationId, boolean restarted) {
    return restarted
        ? new FerryException(
            ExitCode.GUEST_LOST,
            "The source was restarted while migration %s ran, and the guest that it held is gone."
                .formatted(migrationId))
        : new FerryException(
            ExitCode.MIGRATION_FAILED,
            "The source knows another migration or none instead of %s; 'ferry status' shows where the guest is."
                .formatted(migrationId));
  }

  /** Whether the destination agrees that it is over, where it can be asked and took part. */
  private static boolean settled(StatusPair statuses) {
    return statuses.phase() != Phase.PHASE_COMPLETED
        || !statuses.sameMigration()
        || ended(statuses.destinationMigration().orElseThrow().getPhase());
  }

  /** Tells when whoever watches a migration has seen its end. One thread. */
  public static final class End {
    private long settleDeadline;
    private boolean begun;

    /**
     * How it ended; UNREACHABLE if neither daemon answers, MIGRATION_FAILED if the source has
     * forgotten the migration that it conducted, empty while it goes on.
     *
     * @param nowNanos {@link System#nanoTime}
     */
    public Optional<ExitCode> outcome(StatusPair statuses, long nowNanos) {
      if (statuses.source() == null && statuses.destination() == null) {
        return Optional.of(ExitCode.UNREACHABLE);
      }
      boolean conducted = statuses.sourceMigration().isPresent();
      begun |= conducted;
      boolean forgotten = begun && !conducted && statuses.source() != null;
      if (!ended(statuses.phase()) && !forgotten) {
        settleDeadline = 0;
        return Optional.empty();
      }
      settleDeadline = settleDeadline == 0 ? nowNanos + SETTLE_TIME.toNanos() : settleDeadline;
      if (!ended(statuses.phase())) {
        return nowNanos - settleDeadline > 0
            ? Optional.of(ExitCode.MIGRATION_FAILED)
            : Optional.empty();
      }
      return settled(statuses) || nowNanos - settleDeadline > 0
          ? Optional.of(Migrations.outcome(statuses))
          : Optional.empty();
    }
  }
}
