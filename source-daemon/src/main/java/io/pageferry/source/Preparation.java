package io.pageferry.source;

import io.pageferry.daemon.HostedGuest;
import io.pageferry.daemon.StatusMessages;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.PrepareResponse;
import io.pageferry.proto.v1.VersionRange;

/** What a destination is told of a guest before it comes. Stateless. */
final class Preparation {
  private Preparation() {}

  /**
   * Prepares the destination.
   *
   * @throws PageFerryException the destination's reason, or VERSION_MISMATCH
   */
  static PrepareResponse make(
      DestinationClient client, MigrationKey key, HostedGuest guest, String pageServiceAddress) {
    PrepareResponse response = client.prepare(request(key, guest, pageServiceAddress));
    var _ =
        ProtocolVersions.SPOKEN.negotiate(
            new ProtocolVersions(response.getProtocolVersion(), response.getProtocolVersion()),
            response.getSoftwareVersion());
    return response;
  }

  /** The request of a migration whose lanes are served at {@code pageServiceAddress}. */
  private static PrepareRequest request(
      MigrationKey key, HostedGuest guest, String pageServiceAddress) {
    PrepareRequest.Builder request =
        PrepareRequest.newBuilder()
            .setMigration(StatusMessages.ref(key))
            .setVersions(
                VersionRange.newBuilder()
                    .setMinimum(ProtocolVersions.SPOKEN.minimum())
                    .setMaximum(ProtocolVersions.SPOKEN.maximum()))
            .setSoftwareVersion(ProtocolVersions.SOFTWARE_VERSION)
            .setGuestName(guest.name())
            .setVcpuCount(guest.machine().spec().vcpus())
            .setPageSizeBytes(PageGeometry.PAGE_SIZE)
            .setPageServiceAddress(pageServiceAddress);
    for (MemorySlot slot : guest.memory().slots()) {
      request.addSlots(
          io.pageferry.proto.v1.MemorySlot.newBuilder()
              .setId(slot.id())
              .setGuestPhysicalAddress(slot.base())
              .setSizeBytes(slot.sizeBytes()));
      request.addExpected(GuestSnapshot.contents(slot));
    }
    return request.build();
  }
}
