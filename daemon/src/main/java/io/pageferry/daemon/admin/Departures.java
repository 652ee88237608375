package io.pageferry.daemon.admin;

import io.pageferry.daemon.guest.GuestEntry;
import io.pageferry.daemon.guest.GuestMigration;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;

/** What the source's role adds to a daemon: guests are made here, and leave. Any thread. */
public interface Departures {
  /** Makes a guest and keeps it in the registry, paused. */
  GuestEntry load(LoadGuestRequest request);

  /** Starts a migration of a guest. */
  GuestMigration migrate(GuestEntry guest, MigrateRequest request);

  /** Ends a guest's migration before switchover. */
  void cancel(GuestEntry guest);
}
