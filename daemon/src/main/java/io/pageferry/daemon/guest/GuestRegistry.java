package io.pageferry.daemon.guest;

import io.pageferry.config.DataSize;
import io.pageferry.daemon.process.Readiness;
import io.pageferry.host.Ending;
import io.pageferry.host.HostMemory;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The guests of a daemon: which there are, and whether there is room for one more.
 *
 * <p>Any thread. The list of guests is immutable and replaced under this object's monitor, under
 * which nothing slow is done; whoever only looks takes no lock. Guests that have moved away, and
 * migrations that came to nothing, stay in the list as records: each until the guest comes back or
 * its name is taken, and the oldest of them when there are more than {@link #MOST_RECORDS}.
 */
public final class GuestRegistry {
  /** Guests that are no longer here and are still shown. */
  public static final int MOST_RECORDS = 32;

  private static final Logger LOG = LoggerFactory.getLogger(GuestRegistry.class);

  private final String daemon;
  private final GuestLimits limits;
  private final GuestRoom room;
  private final Readiness readiness;
  private volatile List<GuestEntry> entries = List.of();

  /** Room that is promised to guests that are being made. Guarded by this object's monitor. */
  private final List<Reservation> reservations = new ArrayList<>();

  /** Migrations that are about to begin, and are not yet known to their guests. Likewise. */
  private int departing;

  /**
   * A daemon without guests.
   *
   * @param daemon what the daemon is called in sentences, such as "source"
   */
  public GuestRegistry(String daemon, GuestLimits limits, HostMemory host, Readiness readiness) {
    this.daemon = daemon;
    this.limits = limits;
    this.room = new GuestRoom(host, daemon);
    this.readiness = readiness;
  }

  /** Room for one guest, kept until it is there or has failed. Any thread. */
  public final class Reservation implements AutoCloseable {
    private final @Nullable UUID id;
    private final String name;
    private final long bytes;

    private Reservation(@Nullable UUID id, String name, long bytes) {
      this.id = id;
      this.name = name;
      this.bytes = bytes;
    }

    /** The guest's name, which nobody else gets. */
    public String name() {
      return name;
    }

    /**
     * The guest was loaded.
     *
     * @throws PageFerryException SHUTTING_DOWN if the daemon was told to end meanwhile
     */
    public GuestEntry keep(HostedGuest guest) {
      return put(GuestEntry.loaded(name, guest));
    }

    /**
     * The guest is on its way.
     *
     * @throws PageFerryException SHUTTING_DOWN if the daemon was told to end meanwhile
     */
    public GuestEntry keep(GuestMigration.Arrival arrival) {
      return put(GuestEntry.arriving(name, bytes, arrival));
    }

    private GuestEntry put(GuestEntry entry) {
      List<GuestEntry> replaced;
      synchronized (GuestRegistry.this) {
        readiness.requireNotStopping("take guests");
        replaced = add(entry);
        reservations.remove(this);
      }
      // Not under the monitor: what has moved away may still have its memory mapped.
      replaced.forEach(GuestRegistry::close);
      return entry;
    }

    /** Gives up what was not kept. Idempotent. */
    @Override
    public void close() {
      synchronized (GuestRegistry.this) {
        reservations.remove(this);
      }
    }
  }

  /** Under the monitor. Returns the records that this replaces, and those that are too many. */
  private List<GuestEntry> add(GuestEntry entry) {
    List<GuestEntry> all = new ArrayList<>(entries);
    List<GuestEntry> gone = new ArrayList<>();
    take(all, gone, other -> isReplacedBy(entry, other));
    all.add(entry);
    List<GuestEntry> records = all.stream().filter(GuestEntry::isPast).toList();
    for (int i = 0; i < records.size() - MOST_RECORDS; i++) {
      GuestEntry oldest = records.get(i);
      take(all, gone, oldest::equals);
    }
    entries = List.copyOf(all);
    return gone;
  }

  /** The guest that takes its place is there already, whatever happens here. */
  private static void close(GuestEntry record) {
    try {
      record.close();
    } catch (RuntimeException | Error e) {
      LOG.error("What was left of guest {} could not be freed.", record.name(), e);
    }
  }

  private static boolean isReplacedBy(GuestEntry entry, GuestEntry other) {
    return other.isPast() && (other.id().equals(entry.id()) || other.name().equals(entry.name()));
  }

  private static void take(
      List<GuestEntry> from, List<GuestEntry> into, Predicate<GuestEntry> which) {
    from.removeIf(entry -> which.test(entry) && into.add(entry));
  }

  /**
   * Room for a guest that is to be loaded.
   *
   * @param given its name; empty if it has none
   * @param otherwise what it is called then, with a number where that is taken
   * @throws PageFerryException GUEST_EXISTS, TOO_MANY_GUESTS or INSUFFICIENT_MEMORY
   */
  public Reservation reserve(String given, String otherwise, long bytes) {
    Reservation reservation;
    List<Reservation> before;
    synchronized (this) {
      readiness.requireNotStopping("load guests");
      String name = given.isEmpty() ? freeName(otherwise) : given;
      requireFree(name);
      before = List.copyOf(reservations);
      reservation = admit(null, name, bytes);
    }
    return withRoom(reservation, before);
  }

  /**
   * Room for a guest that is to come.
   *
   * @throws PageFerryException DESTINATION_BUSY if it is coming already; GUEST_EXISTS,
   *     STALE_MIGRATION, TOO_MANY_GUESTS, TOO_MANY_MIGRATIONS or INSUFFICIENT_MEMORY
   */
  public Reservation reserve(MigrationKey key, String name, long bytes) {
    Reservation reservation;
    List<Reservation> before;
    synchronized (this) {
      readiness.requireNotStopping("take guests");
      requireComing(key);
      requireFree(name);
      long arriving =
          entries.stream().filter(GuestEntry::isArriving).count()
              + reservations.stream().filter(other -> other.id != null).count();
      if (arriving >= limits.incoming()) {
        throw new PageFerryException(
            ErrorCode.TOO_MANY_MIGRATIONS,
            "The %s takes %d guests at a time (--max-incoming), and so many are coming; try again when one of them is complete."
                .formatted(daemon, limits.incoming()));
      }
      before = List.copyOf(reservations);
      reservation = admit(key.guestId(), name, bytes);
    }
    return withRoom(reservation, before);
  }

  private void requireComing(MigrationKey key) {
    boolean reserved = reservations.stream().anyMatch(other -> key.guestId().equals(other.id));
    GuestEntry same = byId(key.guestId());
    if (reserved || (same != null && same.isArriving())) {
      throw new PageFerryException(
          ErrorCode.DESTINATION_BUSY,
          "The %s is taking guest %s already; wait until that migration is over."
              .formatted(daemon, same == null ? key.guestId() : same.name()));
    }
    if (same == null) {
      return;
    }
    if (same.isLive()) {
      throw new PageFerryException(
          ErrorCode.GUEST_EXISTS,
          "This very guest is at the %s already: it is the daemon that holds %s, and cannot be its destination too; name another one."
              .formatted(daemon, same.name()));
    }
    if (!same.isAborted() && key.epoch() <= same.epoch()) {
      throw new PageFerryException(
          ErrorCode.STALE_MIGRATION,
          "Migration %s of guest %s has epoch %d, but the %s knows epoch %d of that guest: who sends it does not hold it any more."
              .formatted(key.migrationId(), same.name(), key.epoch(), daemon, same.epoch()));
    }
  }

  private @Nullable GuestEntry byId(UUID id) {
    return entries.stream().filter(entry -> entry.id().equals(id)).findFirst().orElse(null);
  }

  private String freeName(String base) {
    String name = base;
    for (int number = 2; isTaken(name); number++) {
      name = base + "-" + number;
    }
    return name;
  }

  private boolean isTaken(String name) {
    return entries.stream().anyMatch(entry -> entry.isLive() && entry.name().equals(name))
        || reservations.stream().anyMatch(other -> other.name.equals(name));
  }

  private void requireFree(String name) {
    if (isTaken(name)) {
      throw new PageFerryException(
          ErrorCode.GUEST_EXISTS,
          "The %s has another guest that is called %s already; choose another destination or another name, or move or unload that guest first."
              .formatted(daemon, name));
    }
  }

  /** Under the monitor. */
  private Reservation admit(@Nullable UUID id, String name, long bytes) {
    List<GuestEntry> live = entries.stream().filter(GuestEntry::isLive).toList();
    if (live.size() + reservations.size() >= limits.guests()) {
      throw new PageFerryException(
          ErrorCode.TOO_MANY_GUESTS,
          "The %s has %d guests, as many as it may have (--max-guests); unload or move one."
              .formatted(daemon, limits.guests()));
    }
    long taken =
        live.stream().mapToLong(GuestEntry::memoryBytes).sum()
            + reservations.stream().mapToLong(other -> other.bytes).sum();
    long left = Math.max(0, limits.memory().bytes() - taken);
    if (bytes > left) {
      throw new PageFerryException(
          ErrorCode.INSUFFICIENT_MEMORY,
          "Guest %s needs %s of memory, but the guests of the %s may have %s together (--max-memory), of which %s are left; unload or move one, or take a smaller guest."
              .formatted(name, new DataSize(bytes), daemon, limits.memory(), new DataSize(left)));
    }
    Reservation reservation = new Reservation(id, name, bytes);
    reservations.add(reservation);
    return reservation;
  }

  /** Not under the monitor: what is free is read from the kernel's files. */
  private Reservation withRoom(Reservation reservation, List<Reservation> before) {
    try {
      long promised =
          entries.stream().mapToLong(GuestEntry::promisedBytes).sum()
              + before.stream().mapToLong(other -> other.bytes).sum();
      room.require(reservation.name, reservation.bytes, promised);
      return reservation;
    } catch (RuntimeException | Error e) {
      reservation.close();
      throw e;
    }
  }

  /**
   * Begins to take a guest away, if one more may leave.
   *
   * @param begin makes the migration; called without any lock of this object
   * @throws PageFerryException TOO_MANY_MIGRATIONS otherwise
   */
  public <M> M depart(Supplier<M> begin) {
    synchronized (this) {
      readiness.requireNotStopping("start migrations");
      long leaving = entries.stream().filter(GuestEntry::isLeaving).count();
      if (leaving + departing >= limits.outgoing()) {
        throw new PageFerryException(
            ErrorCode.TOO_MANY_MIGRATIONS,
            "The %s sends %d guests at a time (--max-outgoing), and so many are leaving; try again when one of them is complete."
                .formatted(daemon, limits.outgoing()));
      }
      departing++;
    }
    try {
      return begin.get();
    } finally {
      synchronized (this) {
        departing--;
      }
    }
  }

  /** All guests, in the order in which they came, those that have moved away included. */
  public List<GuestEntry> all() {
    return entries;
  }

  /** The guest whose arrival, or departure, is the migration of that key. */
  public Optional<GuestEntry> withArrival(MigrationKey key) {
    return entries.stream().filter(entry -> entry.isArrivalOf(key)).findFirst();
  }

  /**
   * The guest that a request means.
   *
   * @param reference its name or id; empty for the only one. Guests that have moved away count only
   *     when there is no other, and records of guests that are gone only when there is no guest
   * @throws PageFerryException NO_GUEST or AMBIGUOUS_GUEST
   */
  public GuestEntry find(String reference) {
    return new GuestSearch(daemon, entries).find(reference);
  }

  /**
   * Discards a guest; one whose migration is not over only with {@code force}.
   *
   * @return what was lost besides, in a sentence
   */
  public Optional<String> unload(GuestEntry entry, boolean force) {
    Optional<String> loss = entry.unload(force);
    if (entry.departure().isEmpty() && entry.arrival().isEmpty()) {
      // Nothing happened to it that one would want to look at.
      forget(entry);
    }
    return loss;
  }

  /** Takes a guest off the list; it is over, and owns nothing any more. */
  public synchronized void forget(GuestEntry entry) {
    List<GuestEntry> all = new ArrayList<>(entries);
    all.remove(entry);
    entries = List.copyOf(all);
  }

  /** Ends everything of every guest. */
  public void close() {
    List<GuestEntry> last;
    synchronized (this) {
      last = entries;
      entries = List.of();
    }
    Ending.all(last.stream().map(entry -> (Runnable) entry::close).toArray(Runnable[]::new));
  }
}
