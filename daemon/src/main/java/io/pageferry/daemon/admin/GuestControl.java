package io.pageferry.daemon.admin;

import io.pageferry.daemon.guest.GuestEntry;
import io.pageferry.daemon.guest.GuestMigration;
import io.pageferry.daemon.guest.GuestRegistry;
import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.daemon.process.Readiness;
import io.pageferry.host.Ending;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.ListSlowestFaultsResponse;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.LoadGuestResponse;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrateResponse;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A daemon's guests, as the admin service and the daemon's process command them. Any thread. */
public final class GuestControl implements DaemonControl, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GuestControl.class);

  private final Role role;
  private final GuestRegistry registry;
  private final @Nullable Departures departures;
  private final Readiness readiness;
  private final BooleanSupplier rehearsing;

  /**
   * Commands for the guests of a registry.
   *
   * @param departures null at a daemon of the destination's role alone
   */
  public GuestControl(
      Role role,
      GuestRegistry registry,
      @Nullable Departures departures,
      Readiness readiness,
      BooleanSupplier rehearsing) {
    this.role = role;
    this.registry = registry;
    this.departures = departures;
    this.readiness = readiness;
    this.rehearsing = rehearsing;
  }

  @Override
  public Role role() {
    return role;
  }

  @Override
  public HostedGuest guest(String guest) {
    return registry.find(guest).guest();
  }

  @Override
  public HostedGuest heldGuest(String guest) {
    return registry.find(guest).heldGuest();
  }

  @Override
  public LoadGuestResponse load(LoadGuestRequest request) {
    if (departures == null) {
      throw new IllegalArgumentException(
          "A destination takes guests by migration; load the guest at a source daemon or a node.");
    }
    GuestEntry loaded = departures.load(request);
    return LoadGuestResponse.newBuilder()
        .setGuestId(loaded.id().toString())
        .setName(loaded.name())
        .build();
  }

  @Override
  public Optional<String> unload(String guest, boolean force) {
    GuestEntry entry = registry.find(guest);
    if (!guest.isEmpty() && entry.isRecord()) {
      registry.forget(entry);
      return Optional.empty();
    }
    return registry.unload(entry, force);
  }

  @Override
  public MigrateResponse migrate(MigrateRequest request) {
    if (departures == null) {
      throw new IllegalArgumentException(
          "A destination cannot start a migration; ask the source daemon, or run a node.");
    }
    GuestEntry guest = registry.find(request.getGuest());
    return MigrateResponse.newBuilder()
        .setMigrationId(departures.migrate(guest, request).key().migrationId().toString())
        .setGuestId(guest.id().toString())
        .build();
  }

  @Override
  public void cancel(String guest) {
    if (departures == null) {
      throw new IllegalArgumentException(
          "A destination cannot cancel a migration; ask the source daemon.");
    }
    departures.cancel(registry.find(guest));
  }

  @Override
  public Status status(String guest) {
    if (guest.isEmpty() && registry.all().isEmpty()) {
      return withoutGuest();
    }
    return registry.find(guest).status(daemon(), somethingMoves());
  }

  private Status withoutGuest() {
    Status.Builder status = daemon();
    if (role != Role.ROLE_SOURCE) {
      status.setPhase(StatusMessages.phase(Phase.LISTENING));
    }
    return status.build();
  }

  private Status.Builder daemon() {
    return StatusMessages.status(role, rehearsing.getAsBoolean());
  }

  @Override
  public ListGuestsResponse guests() {
    Status daemon = daemon().build();
    return ListGuestsResponse.newBuilder()
        .setRole(role)
        .setRehearsing(daemon.getRehearsing())
        .setUptimeNanos(daemon.getUptimeNanos())
        .addAllGuests(statuses())
        .build();
  }

  /** One status for each guest. Without any lock. */
  public List<Status> statuses() {
    boolean quietly = somethingMoves();
    return registry.all().stream().map(guest -> guest.status(daemon(), quietly)).toList();
  }

  private boolean somethingMoves() {
    return registry.all().stream().anyMatch(guest -> guest.isLeaving() || guest.isArriving());
  }

  @Override
  public ListSlowestFaultsResponse slowestFaults(String guest, int limit) {
    GuestEntry entry = registry.find(guest);
    GuestMigration.Arrival arrival =
        entry
            .arrival()
            .filter(GuestMigration.Arrival::isCommitted)
            .orElseThrow(() ->
                new PageFerryException(
                    ErrorCode.NO_MIGRATION,
                    "Guest "
                        + entry.name()
                        + " has not come to this daemon by migration, so none of its vCPUs has"
                        + " waited for a page here."));
    return ListSlowestFaultsResponse.newBuilder()
        .setMigration(StatusMessages.ref(arrival.key()))
        .setFaultCount(arrival.faults())
        .addAllFaults(arrival.slowestFaults(limit))
        .build();
  }

  /**
   * Brings all migrations to an end at the same time: calls off those before switchover, completes
   * those after. Nothing may start one any more.
   */
  public void finish(Duration grace) throws InterruptedException {
    long deadline = System.nanoTime() + grace.toNanos();
    List<GuestEntry> all = registry.all();
    for (GuestEntry guest : all) {
      finish(guest, Duration.ZERO);
    }
    for (GuestEntry guest : all) {
      finish(guest, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    }
  }

  /** A guest that fails at it does not keep the others from it. */
  private static void finish(GuestEntry guest, Duration grace) throws InterruptedException {
    try {
      guest.finish(grace);
    } catch (RuntimeException | Error e) {
      LOG.error("The migration of guest {} was not brought to its end.", guest.name(), e);
    }
  }

  /** What ends with this daemon, in sentences. */
  public Optional<String> loss() {
    String losses =
        registry.all().stream()
            .flatMap(guest -> guest.loss().stream())
            .collect(Collectors.joining(" "));
    return losses.isEmpty() ? Optional.empty() : Optional.of(losses);
  }

  /** Ends all guests and their migrations. */
  @Override
  public void close() {
    Ending.all(readiness::stopping, registry::close);
  }
}
