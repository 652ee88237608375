package io.pageferry.daemon.admin;

import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.ListSlowestFaultsResponse;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.LoadGuestResponse;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrateResponse;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import java.util.Optional;

/**
 * What the admin service asks of a daemon. Any thread; may block.
 *
 * <p>A {@code guest} is a name or an id, or empty for the only one. All methods throw {@link
 * io.pageferry.migration.PageFerryException} or {@link IllegalArgumentException}, whose messages
 * are for the caller, and then have changed nothing.
 */
public interface DaemonControl {
  /** Most faults that {@link #slowestFaults} can be asked for. */
  int MOST_SLOWEST_FAULTS = 100;

  /** What the daemon does. */
  Role role();

  /** The guest, or what is left of one that has moved. */
  HostedGuest guest(String guest);

  /** The guest if it is this daemon's; throws FENCED, with where it is, if it is not. */
  HostedGuest heldGuest(String guest);

  /** Creates a guest, paused. */
  LoadGuestResponse load(LoadGuestRequest request);

  /**
   * Discards a guest; one whose migration is not over only with {@code force}.
   *
   * @return what was lost besides, in a sentence
   */
  Optional<String> unload(String guest, boolean force);

  /** Starts a migration. */
  MigrateResponse migrate(MigrateRequest request);

  /** Ends a migration before switchover. */
  void cancel(String guest);

  /** A guest and its migration as they stand. */
  Status status(String guest);

  /** All guests as they stand. */
  ListGuestsResponse guests();

  /** The slowest faults of the migration that brought a guest, at most {@code limit}. */
  ListSlowestFaultsResponse slowestFaults(String guest, int limit);
}
