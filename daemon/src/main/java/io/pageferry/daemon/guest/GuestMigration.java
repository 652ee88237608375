package io.pageferry.daemon.guest;

import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.SlowFault;
import io.pageferry.telemetry.LatencyCounts;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A migration of a guest as its daemon sees it: one that takes the guest away, or one that brings
 * it. Each role has its own. Any thread.
 */
public interface GuestMigration {
  /** Which migration this is. */
  MigrationKey key();

  /** Its phases. */
  PhaseTracker tracker();

  /** {@code host:port} of the other daemon. */
  String peer();

  /** What the admin service shows of it; also once it has ended and nothing is left of it. */
  MigrationStatus status();

  /**
   * Guest memory in physical memory here, in bytes, as far as this knows better than the kernel.
   */
  long residentBytes();

  /** Bitmaps that are kept for each page. */
  int bitmaps();

  /** Why the guest cannot be unloaded while this runs, what would be lost, and how it goes. */
  PageFerryException unloadRefusal();

  /**
   * Ends it in any phase; nothing uses the guest any more when this returns.
   *
   * @return what is lost, in a sentence
   */
  Optional<String> discard();

  /** A sentence on what ends with this daemon. */
  Optional<String> loss();

  /** Calls it off before switchover, and waits until it is over after it, but not for longer. */
  void finish(Duration grace) throws InterruptedException;

  /** Ends its connections and threads, and frees what it owns. Idempotent. */
  void close();

  /** What is only known where a guest arrives. */
  interface Arrival extends GuestMigration {
    /** The guest, once its state is here and until this is closed. */
    Optional<HostedGuest> guest();

    /** Whether the guest was taken over, and may have run here. */
    boolean isCommitted();

    /** Memory that takes physical memory here by now, filled or not, in bytes. Asks the kernel. */
    long populatedBytes();

    /** Faults of its vCPUs. */
    VcpuFaults vcpuFaults();

    /** How long they took so far, by part. */
    LatencyCounts faultLatency(FaultPart part);

    /** How long devices waited for pages. */
    LatencyCounts asynchronousFaultLatency();

    /** Faults of all vCPUs so far. */
    default long faults() {
      return faultLatency(FaultPart.TOTAL).count();
    }

    /** The slowest of them, slowest first. */
    List<SlowFault> slowestFaults(int limit);
  }
}
