package io.pageferry.daemon;

import io.pageferry.proto.v1.ListSlowestFaultsResponse;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import java.util.Optional;
import java.util.UUID;

/**
 * What the admin service asks of a daemon. The source and the destination each have one; requests
 * that are not for their role are refused with INVALID_ARGUMENT. Any thread; may block.
 *
 * <p>All methods throw {@link io.pageferry.migration.PageFerryException} or {@link
 * IllegalArgumentException}, whose messages are for the caller, and then have changed nothing.
 */
public interface DaemonControl {
  /** Most faults that {@link #slowestFaults} can be asked for. */
  int MOST_SLOWEST_FAULTS = 100;

  /** Which daemon this is. */
  Role role();

  /** The guest, or what is left of one that has moved; throws NO_GUEST if there is none. */
  HostedGuest guest();

  /** The guest if it is this daemon's; throws FENCED, with where it is, if it is not. */
  HostedGuest heldGuest();

  /** Creates a guest, paused. */
  UUID load(LoadGuestRequest request);

  /** Runs the guest. */
  void resume();

  /** Stops the guest; returns how long it took, in nanoseconds. */
  long pause();

  /**
   * Discards the guest; one whose migration is not over only with {@code force}.
   *
   * @return what was lost besides, in a sentence
   */
  Optional<String> unload(boolean force);

  /** Starts a migration. */
  UUID migrate(MigrateRequest request);

  /** Ends a migration before switchover. */
  void cancel();

  /** Guest and migration as they stand. */
  Status status();

  /** The slowest faults of the latest migration, at most {@code limit}; NO_MIGRATION before it. */
  ListSlowestFaultsResponse slowestFaults(int limit);
}
