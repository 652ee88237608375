package io.pageferry.source.handover;

import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.daemon.guest.TransferRate;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.Phase;
import io.pageferry.proto.v1.Direction;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.source.image.Delivery;
import io.pageferry.source.image.FrozenImage;
import io.pageferry.telemetry.LatencyCounts;
import java.util.HexFormat;

/** What is shown of a migration at the source. Stateless; takes no lock of the migration. */
final class DepartureStatus {
  private DepartureStatus() {}

  /** The migration as it stands. */
  static MigrationStatus of(SourceMigration migration, TransferRate rate) {
    long demandBytes = migration.session().demandBytes();
    long drainBytes = migration.session().drainBytes();
    MigrationStatus.Builder status =
        StatusMessages.migration(
                Direction.DIRECTION_OUTGOING,
                migration.key(),
                migration.tracker(),
                migration.peer())
            .setDemandBytes(demandBytes)
            .setDrainBytes(drainBytes)
            .setDowntimeNanos(migration.downtimeNanos());
    LatencyCounts delays = migration.session().answerDelays();
    if (delays.count() > 0) {
      status.setAnswerDelay(StatusMessages.distribution(delays));
    }
    migration
        .delivery()
        .ifPresent(delivery -> {
          status.setPages(counts(delivery)).setBytesInFlight(delivery.bytesInFlight());
          if (status.getPhase() == StatusMessages.phase(Phase.POSTCOPY_ACTIVE)) {
            long left = PageGeometry.bytes(delivery.pagesLeft());
            rate.addTo(status, demandBytes + drainBytes, left);
          }
        });
    // One look at the phase: whoever is told that it is completed gets the digest as well.
    if (status.getPhase() == StatusMessages.phase(Phase.COMPLETED)) {
      status.setImageDigest(HexFormat.of().toHexDigits(migration.digest()));
    }
    return status.build();
  }

  private static PageCounts counts(Delivery delivery) {
    FrozenImage image = delivery.image();
    return PageCounts.newBuilder()
        .setTotal(image.totalPages())
        .setZero(image.untouchedPages())
        .setSent(delivery.sentPages())
        .setReleased(delivery.acknowledgedPages())
        .setPresent(image.untouchedPages() + delivery.acknowledgedPages())
        .build();
  }

  /** During a migration, from what is known of the pages: asking the kernel takes time from it. */
  static long residentBytes(SourceMigration migration, GuestMemory memory) {
    return switch (migration.tracker().phase()) {
      case SETUP, PRECOPY, SWITCHOVER ->
          PageGeometry.bytes(memory.whileMapped(memory::writtenPages).orElse(0L));
      case POSTCOPY_ACTIVE, POSTCOPY_PAUSED ->
          PageGeometry.bytes(migration.delivery().map(Delivery::pagesLeft).orElse(0L));
      default -> memory.residentBytes();
    };
  }
}
