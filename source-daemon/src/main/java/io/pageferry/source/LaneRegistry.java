package io.pageferry.source;

import io.grpc.ServerServiceDefinition;
import io.pageferry.daemon.guest.GuestRegistry;
import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.source.handover.SourceMigration;
import io.pageferry.source.serve.DrainBandwidth;
import io.pageferry.source.serve.DrainTimer;
import io.pageferry.source.serve.PageLanes;
import io.pageferry.source.serve.Session;
import io.pageferry.source.serve.Sessions;

/** Brings each lane to the session of the migration that its hello names. Any thread. */
final class LaneRegistry implements Sessions {
  private final GuestRegistry registry;

  /** Lanes for the guests of a registry. */
  LaneRegistry(GuestRegistry registry) {
    this.registry = registry;
  }

  /** The service for the server, whose drains share {@code bandwidth}. */
  ServerServiceDefinition service(DrainBandwidth bandwidth, DrainTimer timer) {
    return PageLanes.service(this, bandwidth, timer);
  }

  @Override
  public Session named(LaneHello hello) {
    MigrationKey key = StatusMessages.key(hello.getMigration());
    SourceMigration migration =
        registry.all().stream()
            .flatMap(guest -> guest.departure().stream())
            .filter(departure -> departure.key().equals(key))
            .filter(SourceMigration.class::isInstance)
            .map(SourceMigration.class::cast)
            .findFirst()
            .orElseThrow(() ->
                new PageFerryException(
                    ErrorCode.STALE_MIGRATION,
                    "A lane for migration "
                        + key.migrationId()
                        + " epoch "
                        + key.epoch()
                        + " cannot attach: it is not a current migration of this source."));
    ProtocolVersions.SPOKEN.requireSpoken(hello.getProtocolVersion());
    return migration.session();
  }
}
