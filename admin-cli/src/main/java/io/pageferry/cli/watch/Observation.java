package io.pageferry.cli.watch;

import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import java.util.Optional;

/**
 * What is known of both daemons at one moment.
 *
 * @param nanos when, by the observer's monotonic clock
 * @param source the source
 * @param destination the destination
 */
public record Observation(long nanos, Seen source, Seen destination) {
  /** What those daemons say that answer; the others' statuses are null. */
  public StatusPair answered() {
    return new StatusPair(
        source.answers() ? source.status() : null,
        destination.answers() ? destination.status() : null,
        source.failure(),
        destination.failure());
  }

  /** The last that each daemon said, however long ago. */
  public StatusPair known() {
    return new StatusPair(
        source.status(), destination.status(), source.failure(), destination.failure());
  }

  /** The migration's phase, by whoever answers, else by the last word. */
  Phase phase() {
    return sourceHasFallenSilent() ? answered().phase() : known().phase();
  }

  /** The view of the migration that tells its times: the source's, as long as it answers. */
  Optional<MigrationStatus> timed() {
    StatusPair known = known();
    return sourceHasFallenSilent()
        ? known.destinationMigration()
        : known.sourceMigration().or(known::destinationMigration);
  }

  /** Whether only the destination tells how their migration goes on. */
  private boolean sourceHasFallenSilent() {
    return !source.answers() && destination.answers() && known().sameMigration();
  }
}
