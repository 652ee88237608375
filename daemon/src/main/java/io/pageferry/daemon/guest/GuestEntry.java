package io.pageferry.daemon.guest;

import io.pageferry.guest.Machine;
import io.pageferry.host.Ending;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Status;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One guest as a daemon knows it: here, on its way, or moved away.
 *
 * <p>Any thread. What is held is one immutable record. Commands replace it under this object's
 * monitor, which is the guest's own lock, and do what is slow without it. Status, metrics and the
 * end of the daemon read the record without any lock.
 */
public final class GuestEntry {
  private final UUID id;
  private final String name;
  private final long memoryBytes;
  private final GuestRefusals refusals;
  private volatile Held held;

  /** What {@link #status} said last while nothing moved it; negative if that is not known. */
  private volatile long lastResidentBytes = -1;

  /**
   * What is here.
   *
   * @param loaded the guest, if it was loaded here and is not unloaded
   * @param arrival the migration that brought it, or is to bring it
   * @param departure the latest migration that takes it away
   * @param unloaded whether the guest is given up: only a record of its migrations is left
   */
  private record Held(
      @Nullable HostedGuest loaded,
      GuestMigration.@Nullable Arrival arrival,
      @Nullable GuestMigration departure,
      boolean unloaded) {
    @Nullable HostedGuest guest() {
      if (unloaded) {
        return null;
      }
      return loaded != null || arrival == null ? loaded : arrival.guest().orElse(null);
    }

    @Nullable GuestMigration latest() {
      return departure == null ? arrival : departure;
    }

    /** The migration that has not ended. */
    @Nullable GuestMigration running() {
      GuestMigration latest = latest();
      return latest == null || latest.tracker().phase().isTerminal() ? null : latest;
    }
  }

  private GuestEntry(UUID id, String name, long memoryBytes, Held held) {
    this.id = id;
    this.name = name;
    this.memoryBytes = memoryBytes;
    this.refusals = new GuestRefusals(name);
    this.held = held;
  }

  /** A guest that was loaded here. */
  static GuestEntry loaded(String name, HostedGuest guest) {
    return new GuestEntry(
        guest.id(), name, guest.memory().sizeBytes(), new Held(guest, null, null, false));
  }

  /** A guest that is to come. */
  static GuestEntry arriving(String name, long memoryBytes, GuestMigration.Arrival arrival) {
    return new GuestEntry(
        arrival.key().guestId(), name, memoryBytes, new Held(null, arrival, null, false));
  }

  /** Given when the guest was loaded; stays when it moves. */
  public UUID id() {
    return id;
  }

  /** What people call it. */
  public String name() {
    return name;
  }

  /** The guest, or what is left of one that has moved. */
  public Optional<HostedGuest> present() {
    return Optional.ofNullable(held.guest());
  }

  /** The migration that brought the guest, or is to. */
  public Optional<GuestMigration.Arrival> arrival() {
    return Optional.ofNullable(held.arrival());
  }

  /** The latest migration that takes it away. */
  public Optional<GuestMigration> departure() {
    return Optional.ofNullable(held.departure());
  }

  /** Whether the guest is here, on its way here, or on its way from here. */
  boolean isLive() {
    Held now = held;
    HostedGuest guest = now.guest();
    return now.running() != null || (guest != null && guest.fence().isHeld());
  }

  /** Whether a migration takes it away now. */
  public boolean isLeaving() {
    Held now = held;
    return now.departure() != null && now.running() != null;
  }

  /** Whether a migration brings it now. */
  public boolean isArriving() {
    Held now = held;
    return now.departure() == null && now.running() != null;
  }

  /** The newest epoch of the guest that is known here. */
  long epoch() {
    Held now = held;
    HostedGuest guest = now.guest();
    GuestMigration latest = now.latest();
    return Math.max(
        guest == null ? 0 : guest.fence().epoch(), latest == null ? 0 : latest.key().epoch());
  }

  /** Memory that was promised to it and does not take physical memory yet, in bytes. */
  long promisedBytes() {
    Held now = held;
    HostedGuest guest = now.guest();
    GuestMigration.Arrival arrival = now.arrival();
    if (arrival != null && !arrival.tracker().phase().isTerminal()) {
      return Math.max(0, memoryBytes - arrival.populatedBytes());
    }
    if (guest == null) {
      return 0;
    }
    if (!guest.fence().isHeld() && now.departure() != null) {
      // What has moved away grows no more.
      return 0;
    }
    long written =
        guest.memory().whileMapped(guest.memory()::writtenPages).orElse(guest.memory().pageCount());
    return Math.max(0, memoryBytes - PageGeometry.bytes(written));
  }

  /** Size of its memory in bytes. */
  long memoryBytes() {
    return memoryBytes;
  }

  /**
   * The guest, or what is left of one that has moved.
   *
   * @throws PageFerryException NO_GUEST if nothing is
   */
  public HostedGuest guest() {
    return present().orElseThrow(() -> refusals.gone());
  }

  /**
   * The guest, if it is this daemon's.
   *
   * @throws PageFerryException FENCED, with where it is, if it is not
   */
  public HostedGuest heldGuest() {
    Held now = held;
    HostedGuest here = guest();
    if (here.fence().isHeld()) {
      return here;
    }
    GuestMigration latest = now.latest();
    String peer = latest == null ? "another daemon" : latest.peer();
    throw now.departure() != null
        ? refusals.handedOver(peer, here.fence().epoch())
        : refusals.notHandedOverYet(peer);
  }

  /**
   * Begins to take the guest away.
   *
   * @param maker makes the migration, without starting it; called under this guest's lock
   * @throws PageFerryException the reason why it cannot be moved now
   */
  public synchronized <M extends GuestMigration> M depart(Function<HostedGuest, M> maker) {
    Held now = held;
    GuestMigration running = now.running();
    if (running != null) {
      throw now.departure() == null ? refusals.incomplete(running) : refusals.inProgress(running);
    }
    GuestMigration.Arrival arrival = now.arrival();
    if (arrival != null && arrival.tracker().phase() != Phase.COMPLETED) {
      // Also one that somebody gives up at this moment: what has not come reads as zeros.
      throw refusals.incomplete(arrival);
    }
    HostedGuest here = heldGuest();
    here.fence().whileHeld(() -> requireAlive(here));
    M departure = maker.apply(here);
    held = new Held(now.loaded(), now.arrival(), departure, false);
    return departure;
  }

  private static void requireAlive(HostedGuest guest) {
    if (guest.machine().state() == Machine.State.STOPPED) {
      throw new PageFerryException(
          ErrorCode.WRONG_GUEST_STATE, guest.ending() + " There is nothing to migrate.");
    }
  }

  /**
   * Discards the guest and what its migrations hold; one whose migration is not over only with
   * {@code force}. Its latest migration can be looked at afterwards.
   *
   * @return what was lost besides, in a sentence
   */
  Optional<String> unload(boolean force) {
    Held found = held;
    GuestMigration running = found.running();
    Optional<String> loss = Optional.empty();
    if (running != null) {
      if (!force) {
        throw running.unloadRefusal();
      }
      loss = running.discard();
    } else {
      var _ = guest();
    }
    takeAway(found);
    // Not under the lock: unmapping a large guest takes a while.
    close(found);
    dropDeparture();
    return loss;
  }

  /** The guest is not to be kept in the heap by a record of it. */
  private synchronized void dropDeparture() {
    Held now = held;
    if (now.departure() != null) {
      held = new Held(null, now.arrival(), PastMigration.of(now.departure()), true);
    }
  }

  private synchronized void takeAway(Held found) {
    Held now = held;
    if (now.unloaded()) {
      throw refusals.unloadedMeanwhile();
    }
    GuestMigration latest = now.latest();
    if (latest != null && !latest.equals(found.latest())) {
      throw latest.unloadRefusal();
    }
    held = new Held(null, now.arrival(), now.departure(), true);
  }

  private static void close(Held what) {
    Ending.all(
        () -> {
          if (what.departure() != null) {
            what.departure().close();
          }
        },
        () -> {
          if (what.arrival() != null) {
            what.arrival().close();
          }
        },
        () -> {
          if (what.loaded() != null) {
            what.loaded().close();
          }
        });
  }

  /** Ends everything of this guest. Idempotent. */
  void close() {
    close(held);
  }

  /** Whether the migration that brings the guest is the one of that key. */
  boolean isArrivalOf(MigrationKey key) {
    GuestMigration.Arrival arrival = held.arrival();
    return arrival != null && arrival.key().equals(key);
  }

  /**
   * As the admin service shows it, added to what is said of the daemon.
   *
   * @param quietly whether the kernel is not to be asked how much of the guest is in memory, if it
   *     was asked before: that takes time from a migration
   */
  public Status status(Status.Builder status, boolean quietly) {
    Held now = held;
    HostedGuest guest = now.guest();
    GuestMigration latest = now.latest();
    if (latest != null) {
      // One look at the phase: the two must not contradict each other.
      MigrationStatus migration = latest.status();
      status.setMigration(migration.toBuilder().setGuestName(name)).setPhase(migration.getPhase());
    }
    if (guest != null) {
      status.setGuest(guestStatus(now, guest, latest, quietly));
    }
    return status.build();
  }

  private GuestStatus guestStatus(
      Held now, HostedGuest guest, @Nullable GuestMigration latest, boolean quietly) {
    VcpuFaults faults = now.arrival() == null ? VcpuFaults.NONE : now.arrival().vcpuFaults();
    long resident = residentBytes(now, guest, latest, quietly);
    GuestStatus status =
        StatusMessages.guest(guest, name, resident, latest == null ? 1 : latest.bitmaps(), faults);
    return guest.fence().isHeld() || now.departure() != null
        ? status
        : status.toBuilder().setState(GuestState.GUEST_STATE_INCOMING).build();
  }

  private long residentBytes(
      Held now, HostedGuest guest, @Nullable GuestMigration latest, boolean quietly) {
    long known = lastResidentBytes;
    if (quietly && known >= 0 && now.running() == null) {
      return known;
    }
    long bytes = latest == null ? guest.memory().residentBytes() : latest.residentBytes();
    // What is true in the middle of a migration is not true after it.
    lastResidentBytes = now.running() == null ? bytes : -1;
    return bytes;
  }

  /** Brings the migration that runs to an end, or waits for it, for {@code grace} at most. */
  public void finish(Duration grace) throws InterruptedException {
    GuestMigration running = held.running();
    if (running != null) {
      running.finish(grace);
    }
  }

  /** A sentence on what ends with this daemon. */
  public Optional<String> loss() {
    Held now = held;
    GuestMigration latest = now.latest();
    if (latest != null && now.running() != null) {
      return latest.loss();
    }
    HostedGuest guest = now.guest();
    if (guest == null
        || !guest.fence().isHeld()
        || guest.machine().state() == Machine.State.STOPPED) {
      return Optional.empty();
    }
    return latest != null && now.departure() == null
        ? latest.loss()
        : Optional.of(
            "Guest "
                + name
                + " ends with this daemon: a guest does not survive the daemon that holds it.");
  }

  /** Whether the guest is not here, nor on its way to or from here. */
  boolean isPast() {
    return !isLive();
  }

  /** Whether nothing but a record of its migrations is left. */
  public boolean isRecord() {
    return isPast() && present().isEmpty();
  }

  /** Whether the migration that was to bring the guest came to nothing. */
  boolean isAborted() {
    Held now = held;
    if (now.arrival() == null || now.departure() != null) {
      return false;
    }
    Phase phase = now.arrival().tracker().phase();
    return phase == Phase.FAILED || phase == Phase.CANCELLED;
  }
}
