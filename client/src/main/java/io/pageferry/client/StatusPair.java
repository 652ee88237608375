package io.pageferry.client;

import io.pageferry.proto.v1.Direction;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What both daemons say at about the same moment, and the merged view of it.
 *
 * @param source the source's status; null when it does not answer
 * @param destination the destination's status; null when it does not answer
 * @param sourceFailure why the source's is missing; empty when it is not
 * @param destinationFailure why the destination's is missing; empty when it is not
 */
public record StatusPair(
    @Nullable Status source,
    @Nullable Status destination,
    String sourceFailure,
    String destinationFailure) {
  /** Both daemons answered. */
  public static StatusPair of(Status source, Status destination) {
    return new StatusPair(source, destination, "", "");
  }

  /** The source's view of the migration. */
  public Optional<MigrationStatus> sourceMigration() {
    return migration(source);
  }

  /** The destination's view of the migration. */
  public Optional<MigrationStatus> destinationMigration() {
    return migration(destination);
  }

  /** The phase of the migration: the source's, or the destination's where the source is silent. */
  public Phase phase() {
    if (sourceMigration().isPresent()) {
      return sourceMigration().get().getPhase();
    }
    return destination != null
        ? destination.getPhase()
        : source != null ? source.getPhase() : Phase.PHASE_UNSPECIFIED;
  }

  /**
   * The view that counts pages: the destination's once it takes part in the same migration, else
   * the source's.
   */
  public Optional<MigrationStatus> pageView() {
    Optional<MigrationStatus> there = destinationMigration();
    Optional<MigrationStatus> here = sourceMigration();
    return here.isEmpty() || sameMigration() ? there.or(() -> here) : here;
  }

  /** The guest where it runs: the destination's once it is there, else the source's. */
  public Optional<GuestStatus> guest() {
    Optional<GuestStatus> there = guest(destination);
    return guestHasArrived() ? there : guest(source).or(() -> there);
  }

  /** Whether the destination has a guest that belongs to it. */
  public boolean guestHasArrived() {
    return guest(destination)
        .filter(guest ->
            guest.getState() != GuestState.GUEST_STATE_INCOMING
                && guest.getState() != GuestState.GUEST_STATE_UNSPECIFIED)
        .isPresent();
  }

  /**
   * From the last instruction at the source to the first at the destination, in nanoseconds; 0
   * until the source knows: what the source counted until it heard of the resumption, and what the
   * destination's first instruction took from there.
   */
  public long downtimeNanos() {
    long here = sourceMigration().map(MigrationStatus::getDowntimeNanos).orElse(0L);
    return here == 0 || !sameMigration()
        ? here
        : here + destinationMigration().orElseThrow().getFirstInstructionNanos();
  }

  /**
   * The same without the status of a source that knows another migration or none: it says nothing
   * of this one.
   */
  public StatusPair ofMigration(String migrationId) {
    boolean known =
        sourceMigration()
            .filter(here -> here.getMigration().getMigrationId().equals(migrationId))
            .isPresent();
    return source == null || known
        ? this
        : new StatusPair(
            null,
            destination,
            "The source does not know migration " + migrationId + ".",
            destinationFailure);
  }

  /**
   * Whether both speak of one migration, each from its own side: a node that was asked in both
   * places says the same twice.
   */
  public boolean sameMigration() {
    return sourceMigration().isPresent()
        && destinationMigration().isPresent()
        && destinationMigration().get().getDirection() != Direction.DIRECTION_OUTGOING
        && sourceMigration()
            .get()
            .getMigration()
            .getMigrationId()
            .equals(destinationMigration().get().getMigration().getMigrationId());
  }

  private static Optional<MigrationStatus> migration(@Nullable Status status) {
    return status != null && status.hasMigration()
        ? Optional.of(status.getMigration())
        : Optional.empty();
  }

  private static Optional<GuestStatus> guest(@Nullable Status status) {
    return status != null && status.hasGuest() ? Optional.of(status.getGuest()) : Optional.empty();
  }
}
