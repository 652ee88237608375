package io.pageferry.source;

import io.pageferry.daemon.StatusMessages;
import io.pageferry.daemon.TransferRate;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.Phase;
import io.pageferry.proto.v1.Direction;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import java.util.HexFormat;

/** What is shown of a migration at the source. Stateless; takes no lock of the migration. */
final class DepartureStatus {
  private DepartureStatus() {}

  /** The migration as it stands. */
  static MigrationStatus of(SourceMigration migration, TransferRate rate) {
    Phase phase = migration.tracker().phase();
    long demandBytes = migration.lanes().demandBytes();
    long drainBytes = migration.lanes().drainBytes();
    MigrationStatus.Builder status =
        StatusMessages.migration(
                Direction.DIRECTION_OUTGOING,
                migration.key(),
                migration.tracker(),
                migration.peer())
            .setDemandBytes(demandBytes)
            .setDrainBytes(drainBytes)
            .setDowntimeNanos(migration.downtimeNanos());
    migration
        .ledger()
        .ifPresent(pages -> {
          status.setPages(counts(pages)).setBytesInFlight(pages.bytesInFlight());
          if (phase == Phase.POSTCOPY_ACTIVE) {
            long left = PageGeometry.bytes(keptPages(pages));
            rate.addTo(status, demandBytes + drainBytes, left);
          }
        });
    if (phase == Phase.COMPLETED) {
      status.setImageDigest(HexFormat.of().toHexDigits(migration.digest()));
    }
    return status.build();
  }

  private static PageCounts counts(PageLedger pages) {
    return PageCounts.newBuilder()
        .setTotal(pages.totalPages())
        .setZero(pages.untouchedPages())
        .setSent(pages.sentPages())
        .setReleased(pages.releasedPages())
        .setPresent(pages.untouchedPages() + pages.releasedPages())
        .build();
  }

  private static long keptPages(PageLedger pages) {
    return pages.totalPages() - pages.untouchedPages() - pages.releasedPages();
  }

  /** During a migration, from what is known of the pages: asking the kernel takes time from it. */
  static long residentBytes(SourceMigration migration, GuestMemory memory) {
    return switch (migration.tracker().phase()) {
      case SETUP, PRECOPY, SWITCHOVER ->
          PageGeometry.bytes(memory.whileMapped(memory::writtenPages).orElse(0L));
      case POSTCOPY_ACTIVE, POSTCOPY_PAUSED ->
          PageGeometry.bytes(keptPages(migration.frozenPages()));
      default -> memory.residentBytes();
    };
  }
}
