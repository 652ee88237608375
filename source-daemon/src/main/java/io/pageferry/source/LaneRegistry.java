package io.pageferry.source;

import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.pageferry.daemon.GuestRegistry;
import io.pageferry.daemon.StatusMessages;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.wire.Demand;
import io.pageferry.wire.OutgoingFrame;
import io.pageferry.wire.PageMethods;

/**
 * {@code pageferry.v1.PageService}: brings each lane to the migration that its hello names. Any
 * thread.
 */
final class LaneRegistry {
  private static final int DEMAND_READY_BYTES = 1 << 20;
  private static final int DRAIN_READY_BYTES = 1 << 20;

  private final GuestRegistry registry;

  /** Lanes for the guests of a registry. */
  LaneRegistry(GuestRegistry registry) {
    this.registry = registry;
  }

  /** The service for the server. */
  ServerServiceDefinition service() {
    ServerCallHandler<Demand, OutgoingFrame> demand =
        (call, headers) -> {
          call.setOnReadyThreshold(DEMAND_READY_BYTES);
          call.sendHeaders(new io.grpc.Metadata());
          call.request(1);
          return new DemandLane(call, this);
        };
    ServerCallHandler<DrainRequest, OutgoingFrame> drain =
        (call, headers) -> {
          call.setOnReadyThreshold(DRAIN_READY_BYTES);
          call.sendHeaders(new io.grpc.Metadata());
          call.request(1);
          return new DrainLane(call, this);
        };
    return ServerServiceDefinition.builder(PageMethods.servedService())
        .addMethod(PageMethods.SERVED_DEMAND, demand)
        .addMethod(PageMethods.SERVED_DRAIN, drain)
        .build();
  }

  SourceMigration attach(LaneHello hello, DemandLane lane) {
    SourceMigration migration = named(hello);
    migration.attach(lane);
    return migration;
  }

  SourceMigration attach(LaneHello hello, DrainLane lane) {
    SourceMigration migration = named(hello);
    migration.attach(lane);
    return migration;
  }

  private SourceMigration named(LaneHello hello) {
    MigrationKey key = StatusMessages.key(hello.getMigration());
    SourceMigration migration =
        registry.all().stream()
            .flatMap(guest -> guest.departure().stream())
            .filter(departure -> departure.key().equals(key))
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
    checkVersion(hello.getProtocolVersion());
    return migration;
  }

  private static void checkVersion(int version) {
    if (version < ProtocolVersions.SPOKEN.minimum()
        || version > ProtocolVersions.SPOKEN.maximum()) {
      throw new PageFerryException(
          ErrorCode.VERSION_MISMATCH,
          "A lane asks for protocol version " + version + ", which this source does not speak.");
    }
  }
}
