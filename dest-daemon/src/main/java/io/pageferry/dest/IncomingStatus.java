package io.pageferry.dest;

import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.daemon.guest.TransferRate;
import io.pageferry.dest.install.PageInstaller;
import io.pageferry.dest.link.Session;
import io.pageferry.dest.timing.FaultTimings;
import io.pageferry.dest.timing.Resumption;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.proto.v1.Direction;
import io.pageferry.proto.v1.MigrationStatus;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** What the admin service shows of an incoming migration, read without any lock. Any thread. */
final class IncomingStatus {
  private final MigrationKey key;
  private final String source;
  private final MechanismChoice mechanism;
  private final PhaseTracker tracker;
  private final PageInstaller installer;
  private final Session session;
  private final FaultTimings timings;
  private final Resumption resumption;
  private final TransferRate rate = new TransferRate();

  /** What is told once the memory is unmapped. */
  private volatile @Nullable MigrationStatus last;

  IncomingStatus(
      MigrationKey key,
      String source,
      MechanismChoice mechanism,
      PhaseTracker tracker,
      PageInstaller installer,
      Session session,
      FaultTimings timings,
      Resumption resumption) {
    this.key = key;
    this.source = source;
    this.mechanism = mechanism;
    this.tracker = tracker;
    this.installer = installer;
    this.session = session;
    this.timings = timings;
    this.resumption = resumption;
  }

  /**
   * Guest memory in physical memory here. During the migration, from what is known of the pages:
   * asking the kernel takes time from it.
   */
  long residentBytes() {
    GuestMemory memory = installer.memory();
    return switch (tracker.phase()) {
      case ADVISED, POSTCOPY_ACTIVE, POSTCOPY_PAUSED ->
          PageGeometry.bytes(installer.demandPages() + installer.drainPages());
      default -> memory.residentBytes();
    };
  }

  /** Tells from now on what is true now: the memory is about to be unmapped. */
  void keep() {
    last = look();
  }

  /** The migration with its pages, bytes and faults. */
  MigrationStatus toMessage() {
    MigrationStatus over = last;
    if (over != null) {
      return over;
    }
    try {
      return look();
    } catch (IllegalStateException e) {
      // Its memory is closed meanwhile.
      over = last;
      return over != null
          ? over
          : StatusMessages.migration(Direction.DIRECTION_INCOMING, key, tracker, source).build();
    }
  }

  private MigrationStatus look() {
    GuestPages pages = installer.pages();
    MigrationStatus.Builder status =
        StatusMessages.migration(Direction.DIRECTION_INCOMING, key, tracker, source)
            .setFaultMechanism(mechanism.toString());
    if (isAborted(tracker.phase())) {
      // Its memory is gone, and with it what was known of its pages.
      return status.build();
    }
    status
        .setPages(installer.counts())
        .setDemandBytes(session.demandBytes())
        .setDrainBytes(session.drainBytes())
        .setFaults(timings.faults())
        .setFaultLatency(timings.toMessage())
        .setFirstInstructionNanos(resumption.toFirstInstruction())
        .setImageDigest(HexFormat.of().toHexDigits(installer.digest()));
    if (tracker.phase() == Phase.POSTCOPY_ACTIVE) {
      rate.addTo(
          status,
          session.demandBytes() + session.drainBytes(),
          PageGeometry.bytes(pages.pageCount() - pages.presentPages()));
    }
    return status.build();
  }

  private static boolean isAborted(Phase phase) {
    return phase == Phase.FAILED || phase == Phase.CANCELLED;
  }
}
