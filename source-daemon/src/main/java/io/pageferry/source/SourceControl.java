package io.pageferry.source;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.DaemonControl;
import io.pageferry.daemon.DaemonMeters;
import io.pageferry.daemon.HostedGuest;
import io.pageferry.daemon.Readiness;
import io.pageferry.daemon.Rehearsal;
import io.pageferry.daemon.StatusMessages;
import io.pageferry.daemon.TransferRate;
import io.pageferry.daemon.VcpuFaults;
import io.pageferry.guest.Machine;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.HostMemory;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.proto.v1.ListSlowestFaultsResponse;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.rpc.Ending;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * The source daemon's state: at most one guest and one migration of it. Any thread.
 *
 * <p>What is held is one immutable record. Commands replace it under this object's monitor, and do
 * what is slow without the monitor: load a guest, unmap one. Status, metrics and the end of the
 * daemon read the record without any lock.
 */
final class SourceControl implements DaemonControl, AutoCloseable {
  private static final long MAX_DRAIN_AFTER_MILLIS = 3_600_000;

  private final SourceConfig config;
  private final Supplier<HostPort> advertised;
  private final LaneRegistry lanes;
  private final Readiness readiness;
  private final Rehearsal rehearsal;
  private final Level phaseLevel;
  private final GuestLoader loader;
  private final DaemonMeters meters;
  private final TransferRate rate = new TransferRate();
  private volatile Held held = new Held(null, null);

  /** Name of the guest that is being loaded. Guarded by this object's monitor. */
  private @Nullable String loading;

  /** What this daemon has. */
  private record Held(@Nullable HostedGuest guest, @Nullable SourceMigration migration) {}

  /**
   * A daemon without a guest.
   *
   * @param advertised address of the page service as destinations reach it, once it listens
   * @param readiness says when no more work is taken
   * @param rehearsal what ends when a migration starts
   * @param phaseLevel how phases of migrations are logged
   */
  SourceControl(
      SourceConfig config,
      Supplier<HostPort> advertised,
      LaneRegistry lanes,
      HostMemory hostMemory,
      PrometheusMeterRegistry registry,
      Readiness readiness,
      Rehearsal rehearsal,
      Level phaseLevel) {
    this.config = config;
    this.advertised = advertised;
    this.lanes = lanes;
    this.readiness = readiness;
    this.rehearsal = rehearsal;
    this.phaseLevel = phaseLevel;
    this.loader = new GuestLoader(hostMemory);
    this.meters = new DaemonMeters(registry, role(), this::status);
  }

  @Override
  public Role role() {
    return Role.ROLE_SOURCE;
  }

  @Override
  public HostedGuest guest() {
    HostedGuest guest = held.guest();
    if (guest == null) {
      throw new PageFerryException(
          ErrorCode.NO_GUEST, "The source has no guest; load one with: ferry guest load.");
    }
    return guest;
  }

  @Override
  public UUID load(LoadGuestRequest request) {
    beginLoad(GuestLoader.name(request));
    try {
      HostedGuest loaded = loader.load(request);
      try {
        meters.registerVcpus(loaded.machine().spec().vcpus());
        keep(loaded);
      } catch (RuntimeException | Error e) {
        Ending.after(e, loaded::close);
        throw e;
      }
      return loaded.id();
    } finally {
      endLoad();
    }
  }

  private synchronized void beginLoad(String name) {
    readiness.requireNotStopping("load guests");
    HostedGuest guest = held.guest();
    if (guest != null) {
      throw new PageFerryException(
          ErrorCode.GUEST_EXISTS,
          "The source has guest " + guest.name() + " already; unload it with: ferry guest unload.");
    }
    if (loading != null) {
      throw new PageFerryException(
          ErrorCode.GUEST_EXISTS,
          "The source is loading guest "
              + loading
              + " already; wait until that is done, and unload it with: ferry guest unload.");
    }
    loading = name;
  }

  private synchronized void endLoad() {
    loading = null;
  }

  /** A daemon that was told to end meanwhile keeps nothing more. */
  private synchronized void keep(HostedGuest loaded) {
    readiness.requireNotStopping("load guests");
    held = new Held(loaded, null);
  }

  @Override
  public HostedGuest heldGuest() {
    SourceMigration last = held.migration();
    HostedGuest here = guest();
    if (last != null && !here.fence().isHeld()) {
      throw new PageFerryException(
          ErrorCode.FENCED,
          "Guest "
              + here.name()
              + " was handed over to the destination "
              + last.destination()
              + " under epoch "
              + here.fence().epoch()
              + " and never runs here again; ask that daemon (ferry: --at dest).");
    }
    return here;
  }

  @Override
  public void resume() {
    heldGuest().resume();
  }

  @Override
  public long pause() {
    return heldGuest().pause();
  }

  @Override
  public Optional<String> unload(boolean force) {
    Held found = held;
    HostedGuest here = guest();
    SourceMigration last = found.migration();
    Optional<String> loss = Optional.empty();
    if (last != null && !last.tracker().phase().isTerminal()) {
      if (!force) {
        throw last.unloadRefusal();
      }
      loss = last.discard();
    }
    takeAway(here, last);
    // Not under the monitor: unmapping a large guest takes a while.
    here.close();
    return loss;
  }

  private synchronized void takeAway(HostedGuest here, @Nullable SourceMigration last) {
    if (!here.equals(guest())) {
      throw new PageFerryException(
          ErrorCode.GUEST_EXISTS, "Another guest was loaded meanwhile; unload that one again.");
    }
    SourceMigration latest = held.migration();
    if (latest != null && latest != last) {
      throw latest.unloadRefusal();
    }
    held = new Held(null, last);
  }

  @Override
  public UUID migrate(MigrateRequest request) {
    rehearsal.stop();
    SourceMigration started = beginMigration(request);
    started.start();
    return started.key().migrationId();
  }

  private synchronized SourceMigration beginMigration(MigrateRequest request) {
    readiness.requireNotStopping("start migrations");
    SourceMigration last = held.migration();
    if (held.guest() != null && last != null && !last.tracker().phase().isTerminal()) {
      throw new PageFerryException(
          ErrorCode.MIGRATION_IN_PROGRESS,
          "Migration "
              + last.key().migrationId()
              + " to "
              + last.destination()
              + " is "
              + last.tracker().phase()
              + "; a daemon runs one at a time.");
    }
    HostedGuest here = heldGuest();
    here.fence().whileHeld(() -> requireAlive(here));
    long cap = request.getMaxBytesInFlight();
    if (cap != 0) {
      SourceConfig.checkBytesInFlight(cap);
    }
    SourceMigration started =
        new SourceMigration(
            new MigrationKey(UUID.randomUUID(), here.id(), here.fence().epoch() + 1),
            here,
            HostPort.parse(request.getDestination()).toConnectTo().toString(),
            advertised.get().toString(),
            cap == 0 ? config.maxBytesInFlight().bytes() : cap,
            drainAfterMillis(request),
            phaseLevel);
    held = new Held(here, started);
    lanes.setCurrent(started);
    return started;
  }

  /** The latest migration's phases. After {@link #migrate}. */
  PhaseTracker migrationTracker() {
    return Objects.requireNonNull(held.migration()).tracker();
  }

  private static long drainAfterMillis(MigrateRequest request) {
    long millis = request.getDrainAfterMillis();
    if (millis < 0 || millis > MAX_DRAIN_AFTER_MILLIS) {
      throw new IllegalArgumentException(
          "The drain may start up to an hour after switchover, not "
              + Long.toUnsignedString(millis)
              + " ms.");
    }
    return millis;
  }

  private static void requireAlive(HostedGuest guest) {
    if (guest.machine().state() == Machine.State.STOPPED) {
      throw new PageFerryException(
          ErrorCode.WRONG_GUEST_STATE, guest.ending() + " There is nothing to migrate.");
    }
  }

  @Override
  public void cancel() {
    SourceMigration running = held.migration();
    if (running == null) {
      throw new PageFerryException(ErrorCode.NO_MIGRATION, "No migration runs.");
    }
    running.cancel();
  }

  @Override
  public Status status() {
    Status.Builder status = StatusMessages.status(role(), rehearsal.isOn());
    Held now = held;
    HostedGuest guest = now.guest();
    SourceMigration migration = now.migration();
    if (guest != null) {
      status.setGuest(
          StatusMessages.guest(
              guest, residentBytes(guest, migration), PageLedger.BITMAPS, VcpuFaults.NONE));
    }
    if (migration != null) {
      // One look at the phase: the two must not contradict each other.
      MigrationStatus message = migrationStatus(migration);
      status.setMigration(message).setPhase(message.getPhase());
    }
    return status.build();
  }

  @Override
  public ListSlowestFaultsResponse slowestFaults(int limit) {
    throw new IllegalArgumentException(
        "Faults happen where a guest arrives; ask the destination daemon for them.");
  }

  /** During a migration, from what is known of the pages: asking the kernel takes time from it. */
  private static long residentBytes(HostedGuest guest, @Nullable SourceMigration current) {
    GuestMemory memory = guest.memory();
    if (current == null) {
      return memory.residentBytes();
    }
    return switch (current.tracker().phase()) {
      case SETUP, PRECOPY, SWITCHOVER ->
          PageGeometry.bytes(memory.whileMapped(memory::writtenPages).orElse(0L));
      case POSTCOPY_ACTIVE, POSTCOPY_PAUSED -> {
        PageLedger pages = current.frozenPages();
        yield PageGeometry.bytes(
            pages.totalPages() - pages.untouchedPages() - pages.releasedPages());
      }
      default -> memory.residentBytes();
    };
  }

  private MigrationStatus migrationStatus(SourceMigration running) {
    Phase phase = running.tracker().phase();
    MigrationStatus.Builder status =
        StatusMessages.migration(running.key(), running.tracker(), running.destination())
            .setDemandBytes(running.lanes().demandBytes())
            .setDrainBytes(running.lanes().drainBytes())
            .setDowntimeNanos(running.downtimeNanos());
    running
        .ledger()
        .ifPresent(pages -> {
          status
              .setPages(
                  PageCounts.newBuilder()
                      .setTotal(pages.totalPages())
                      .setZero(pages.untouchedPages())
                      .setSent(pages.sentPages())
                      .setReleased(pages.releasedPages())
                      .setPresent(pages.untouchedPages() + pages.releasedPages()))
              .setBytesInFlight(pages.bytesInFlight());
          if (phase == Phase.POSTCOPY_ACTIVE) {
            long left = pages.totalPages() - pages.untouchedPages() - pages.releasedPages();
            rate.addTo(
                status,
                running.lanes().demandBytes() + running.lanes().drainBytes(),
                PageGeometry.bytes(left));
          }
        });
    if (phase == Phase.COMPLETED) {
      status.setImageDigest(HexFormat.of().toHexDigits(running.digest()));
    }
    return status.build();
  }

  /**
   * Calls the migration that runs off, before switchover, or completes it; a drain that was to
   * start later starts now. Nothing may start one any more.
   */
  void finish(Duration grace) throws InterruptedException {
    SourceMigration last = held.migration();
    if (last != null && !last.tracker().phase().isTerminal()) {
      last.hurry();
      var _ = last.tracker().awaitTerminal(grace);
    }
  }

  /** What ends with this daemon. */
  Optional<String> loss() {
    HostedGuest guest = held.guest();
    if (guest == null) {
      return Optional.empty();
    }
    if (guest.fence().isHeld()) {
      return guest.machine().state() == Machine.State.STOPPED
          ? Optional.empty()
          : Optional.of(
              "Guest "
                  + guest.name()
                  + " ends with this daemon: a guest does not survive the daemon that holds it.");
    }
    SourceMigration last = held.migration();
    if (last == null || last.tracker().phase().isTerminal()) {
      return Optional.empty();
    }
    return Optional.of(
        "Pages end with this daemon (migration %s): %s"
            .formatted(last.tracker().phase(), last.loss()));
  }

  /** Ends the migration's connections and the guest. */
  @Override
  public void close() {
    readiness.stopping();
    Held last;
    synchronized (this) {
      last = held;
      held = new Held(null, last.migration());
    }
    if (last.migration() != null) {
      last.migration().close();
    }
    if (last.guest() != null) {
      last.guest().close();
    }
  }
}
