package io.pageferry.dest;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.DaemonControl;
import io.pageferry.daemon.DaemonMeters;
import io.pageferry.daemon.GuestRoom;
import io.pageferry.daemon.HostedGuest;
import io.pageferry.daemon.Readiness;
import io.pageferry.daemon.Rehearsal;
import io.pageferry.daemon.StatusMessages;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.HostMemory;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.ListSlowestFaultsResponse;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.SlotContents;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.text.GuestName;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The destination daemon's state: at most one incoming migration, whose guest stays here when it is
 * complete. Any thread.
 *
 * <p>What is held is one immutable record. Commands replace it under this object's monitor, and do
 * what is slow without the monitor: populate memory, wait for lanes, end a guest. Status, metrics
 * and the end of the daemon read the record without any lock.
 */
final class DestControl implements DaemonControl, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DestControl.class);

  /** How long a guest may be kept from moving so that it then finds its memory populated. */
  private static final long POPULATION_NANOS = 2_000_000_000;

  private final DestConfig config;
  private final GuestRoom room;
  private final DaemonMeters meters;
  private final Readiness readiness;
  private final Rehearsal rehearsal;
  private final Level phaseLevel;
  private volatile Held held = new Held(null, null);
  private volatile @Nullable Arrival arrival;

  /**
   * What this daemon has.
   *
   * @param incoming the migration whose guest is here or comes
   * @param lastFailure how the one before ended, if it came to nothing
   */
  private record Held(@Nullable IncomingMigration incoming, @Nullable MigrationStatus lastFailure) {
    /** The same, with a migration that was aborted as the one that failed last. */
    Held withoutAborted() {
      return incoming == null || !isAborted(incoming.tracker().phase())
          ? this
          : new Held(
              null,
              StatusMessages.migration(incoming.key(), incoming.tracker(), incoming.source())
                  .build());
    }
  }

  /** Guarded by this object's monitor. */
  private @Nullable MigrationKey lastAborted;

  /** The latest guest that was taken over, which may have been unloaded since. */
  private record Arrival(MigrationKey key, FaultTimings timings) {}

  /**
   * A daemon without a guest.
   *
   * @param readiness says when no more work is taken
   * @param rehearsal what ends when a migration comes
   * @param phaseLevel how phases of migrations are logged
   */
  DestControl(
      DestConfig config,
      HostMemory hostMemory,
      PrometheusMeterRegistry registry,
      Readiness readiness,
      Rehearsal rehearsal,
      Level phaseLevel) {
    this.config = config;
    this.room = new GuestRoom(hostMemory, "destination");
    this.readiness = readiness;
    this.rehearsal = rehearsal;
    this.phaseLevel = phaseLevel;
    this.meters = new DaemonMeters(registry, role(), this::status);
  }

  @Override
  public Role role() {
    return Role.ROLE_DESTINATION;
  }

  /**
   * Preflight checks, then memory and lanes.
   *
   * @return the protocol version to speak
   */
  int prepare(PrepareRequest request) {
    rehearsal.stop();
    MigrationKey key = StatusMessages.key(request.getMigration());
    int version =
        ProtocolVersions.SPOKEN.negotiate(
            new ProtocolVersions(
                request.getVersions().getMinimum(), request.getVersions().getMaximum()),
            request.getSoftwareVersion());
    IncomingMigration prepared;
    synchronized (this) {
      readiness.requireNotStopping("take guests");
      forgetAborted();
      requireNotAborted(key);
      IncomingMigration here = held.incoming();
      if (here != null) {
        throw new PageFerryException(
            ErrorCode.DESTINATION_BUSY,
            "The destination has guest "
                + here.key().guestId()
                + " ("
                + here.tracker().phase()
                + "); unload it or choose another destination.");
      }
      preflight(request);
      prepared = reserve(request, key, version);
      held = new Held(prepared, held.lastFailure());
    }
    try {
      populate(prepared, request.getExpectedList());
      prepared.awaitLanes();
    } catch (PageFerryException e) {
      prepared.abort(Phase.FAILED, e.code(), e.getMessage());
      throw e;
    } catch (RuntimeException | Error e) {
      prepared.abort(Phase.FAILED, ErrorCode.INTERNAL, "The destination failed: " + e + ".");
      throw e;
    }
    return version;
  }

  /** Only saves time later, so that failing at it is no reason to refuse the guest. */
  private static void populate(IncomingMigration prepared, List<SlotContents> expected) {
    try {
      new MemoryPopulation(prepared.memory(), expected, POPULATION_NANOS).run();
    } catch (RuntimeException | Error e) {
      if (!prepared.isClosed()) {
        LOG.warn("The guest's memory could not be populated ahead of time.", e);
      }
    }
  }

  private void preflight(PrepareRequest request) {
    if (request.getPageSizeBytes() != PageGeometry.PAGE_SIZE) {
      throw new PageFerryException(
          ErrorCode.PAGE_SIZE_MISMATCH,
          "The source's pages have "
              + request.getPageSizeBytes()
              + " bytes, the destination's "
              + PageGeometry.PAGE_SIZE
              + ".");
    }
    int vcpus = request.getVcpuCount();
    if (vcpus < 1 || vcpus > config.maxVcpus()) {
      throw new PageFerryException(
          ErrorCode.TOO_MANY_VCPUS,
          "The guest has "
              + Integer.toUnsignedString(vcpus)
              + " vCPUs; this destination takes 1 to "
              + config.maxVcpus()
              + " (--max-vcpus).");
    }
    var _ = GuestName.checked(request.getGuestName());
    if (request.getSlotsCount() == 0) {
      throw new IllegalArgumentException("The guest has no memory slot.");
    }
  }

  /** Where the source says that it serves pages; only the source can mend it. */
  private static HostPort pageService(PrepareRequest request) {
    try {
      return HostPort.parse(request.getPageServiceAddress()).toConnectTo();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "The source's --advertise cannot be right: " + e.getMessage(), e);
    }
  }

  private IncomingMigration reserve(PrepareRequest request, MigrationKey key, int version) {
    String source = pageService(request).toString();
    List<SlotLayout> layouts =
        request.getSlotsList().stream()
            .map(s -> new SlotLayout(s.getId(), s.getGuestPhysicalAddress(), s.getSizeBytes()))
            .toList();
    long bytes = 0;
    for (SlotLayout layout : layouts) {
      long sum = bytes + layout.sizeBytes();
      bytes = sum < 0 ? Long.MAX_VALUE : sum;
    }
    room.require(request.getGuestName(), bytes);
    GuestMemory memory = GuestMemory.anonymous(layouts);
    int vcpus = request.getVcpuCount();
    meters.registerVcpus(vcpus);
    // A rehearsal's faults would only be in the way of whoever reads a recording.
    FaultTimings timings = new FaultTimings(vcpus, phaseLevel != Level.DEBUG);
    meters.beginFaults(timings::counts);
    try {
      return new IncomingMigration(
          key, source, version, vcpus, memory, config.prefetch(), timings, phaseLevel);
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  /** Under this object's monitor. */
  private void forgetAborted() {
    IncomingMigration last = held.incoming();
    if (last != null && isAborted(last.tracker().phase())) {
      held = held.withoutAborted();
      // Of a guest that ran here nothing is sworn, also when it is gone.
      lastAborted = last.isCommitted() ? null : last.key();
    }
  }

  private static boolean isAborted(Phase phase) {
    return phase == Phase.FAILED || phase == Phase.CANCELLED;
  }

  void transferState(TransferStateRequest request) {
    named(StatusMessages.key(request.getMigration())).loadState(request);
  }

  /** Runs the guest here; returns the time to the first vCPU's entry. */
  long commit(MigrationKey key) {
    IncomingMigration migration = named(key);
    long nanos = migration.commit();
    arrival = new Arrival(key, migration.timings());
    return nanos;
  }

  @Override
  public ListSlowestFaultsResponse slowestFaults(int limit) {
    Arrival latest = arrival;
    if (latest == null) {
      throw new PageFerryException(
          ErrorCode.NO_MIGRATION,
          "No guest has come to this destination yet, so no vCPU has waited for a page here.");
    }
    return ListSlowestFaultsResponse.newBuilder()
        .setMigration(StatusMessages.ref(latest.key()))
        .setFaultCount(latest.timings().faults())
        .addAllFaults(latest.timings().slowest(limit))
        .build();
  }

  /** Forgets a migration that is not committed; an unknown one is forgotten already. */
  void abort(MigrationKey key, String reason) {
    IncomingMigration found = held.incoming();
    if (found != null && found.key().equals(key)) {
      found.abort(Phase.CANCELLED, ErrorCode.CANCELLED, "The source called it off: " + reason);
    }
  }

  /** A source that was told that its guest never ran here has taken it back, and must be right. */
  private void requireNotAborted(MigrationKey key) {
    if (key.equals(lastAborted)) {
      throw Refusals.neverCommitted(key, Phase.FAILED);
    }
  }

  /** The phases of the migration that is here; there must be one. */
  PhaseTracker migrationTracker() {
    return Objects.requireNonNull(held.incoming()).tracker();
  }

  private synchronized IncomingMigration named(MigrationKey key) {
    forgetAborted();
    requireNotAborted(key);
    IncomingMigration found = held.incoming();
    if (found == null || !found.key().equals(key)) {
      throw new PageFerryException(
          ErrorCode.STALE_MIGRATION,
          "Migration "
              + key.migrationId()
              + " epoch "
              + key.epoch()
              + " is not prepared at this destination.");
    }
    return found;
  }

  @Override
  public HostedGuest guest() {
    IncomingMigration here = held.incoming();
    HostedGuest guest = here == null ? null : here.guest().orElse(null);
    if (guest == null) {
      throw noGuest();
    }
    return guest;
  }

  private static PageFerryException noGuest() {
    return new PageFerryException(
        ErrorCode.NO_GUEST, "The destination has no guest; migrate one to it.");
  }

  @Override
  public UUID load(LoadGuestRequest request) {
    throw new IllegalArgumentException(
        "A destination takes guests by migration; load the guest at a source daemon.");
  }

  @Override
  public HostedGuest heldGuest() {
    IncomingMigration migration = held.incoming();
    HostedGuest here = guest();
    if (migration != null && !here.fence().isHeld()) {
      throw new PageFerryException(
          ErrorCode.FENCED,
          "Guest "
              + here.name()
              + " is still at the source "
              + migration.source()
              + ", which has not handed it over; ask that daemon (ferry: --at source).");
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
    IncomingMigration here;
    Optional<String> loss = Optional.empty();
    synchronized (this) {
      forgetAborted();
      here = held.incoming();
      if (here == null) {
        throw noGuest();
      }
      MigrationStatus failure = null;
      if (here.tracker().phase() != Phase.COMPLETED) {
        if (!force) {
          throw here.unloadRefusal();
        }
        loss = here.discard();
        forgetAborted();
        failure = held.lastFailure();
      }
      held = new Held(null, failure);
    }
    // Not under the monitor: unmapping a large guest takes a while.
    here.close();
    return loss;
  }

  @Override
  public UUID migrate(MigrateRequest request) {
    throw new IllegalArgumentException(
        "A destination cannot start a migration; ask the source daemon.");
  }

  @Override
  public void cancel() {
    throw new IllegalArgumentException(
        "A destination cannot cancel a migration; ask the source daemon.");
  }

  @Override
  public Status status() {
    Status.Builder status =
        StatusMessages.status(role(), rehearsal.isOn())
            .setPhase(StatusMessages.phase(Phase.LISTENING));
    Held now = held.withoutAborted();
    IncomingMigration here = now.incoming();
    if (here == null) {
      if (now.lastFailure() != null) {
        status.setMigration(now.lastFailure());
      }
      return status.build();
    }
    // One look at the phase: the two must not contradict each other.
    MigrationStatus migration = here.status();
    status.setMigration(migration).setPhase(migration.getPhase());
    here.guest().ifPresent(guest -> status.setGuest(guestStatus(here, guest)));
    return status.build();
  }

  private static GuestStatus guestStatus(IncomingMigration here, HostedGuest guest) {
    GuestStatus status =
        StatusMessages.guest(
            guest, here.residentBytes(), IncomingMigration.BITMAPS, here.timings());
    return guest.fence().isHeld()
        ? status
        : status.toBuilder().setState(GuestState.GUEST_STATE_INCOMING).build();
  }

  /** Forgets a migration that is not committed, and waits for one that is. */
  void finish(Duration grace) throws InterruptedException {
    IncomingMigration here = held.incoming();
    if (here == null || isAborted(here.tracker().phase())) {
      return;
    }
    try {
      here.abort(
          Phase.FAILED,
          ErrorCode.SHUTTING_DOWN,
          "The destination daemon was told to end; the guest stays at the source.");
    } catch (PageFerryException _) {
      // The guest runs here already.
      var _ = here.tracker().awaitTerminal(grace);
    }
  }

  /** What ends with this daemon. */
  Optional<String> loss() {
    IncomingMigration here = held.incoming();
    return here == null ? Optional.empty() : here.loss();
  }

  @Override
  public void close() {
    readiness.stopping();
    IncomingMigration here;
    synchronized (this) {
      here = held.incoming();
      held = new Held(null, null);
    }
    if (here != null && !isAborted(here.tracker().phase())) {
      here.close();
    }
  }
}
