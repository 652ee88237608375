package io.pageferry.source.handover;

import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
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
  static PrepareResponse make(DestinationClient client, MigrationPlan plan, HostedGuest guest) {
    PrepareResponse response = client.prepare(request(plan, guest));
    var _ =
        ProtocolVersions.SPOKEN.negotiate(
            new ProtocolVersions(response.getProtocolVersion(), response.getProtocolVersion()),
            response.getSoftwareVersion());
    return response;
  }

  private static PrepareRequest request(MigrationPlan plan, HostedGuest guest) {
    PrepareRequest.Builder request =
        PrepareRequest.newBuilder()
            .setMigration(StatusMessages.ref(plan.key()))
            .setVersions(
                VersionRange.newBuilder()
                    .setMinimum(ProtocolVersions.SPOKEN.minimum())
                    .setMaximum(ProtocolVersions.SPOKEN.maximum()))
            .setSoftwareVersion(ProtocolVersions.SOFTWARE_VERSION)
            .setGuestName(guest.name())
            .setVcpuCount(guest.machine().spec().vcpus())
            .setPageSizeBytes(PageGeometry.PAGE_SIZE)
            .setPageServiceAddress(plan.pageServiceAddress())
            .setFaultMechanism(plan.faultMechanism());
    for (MemorySlot slot : guest.memory().slots()) {
      request.addSlots(
          io.pageferry.proto.v1.MemorySlot.newBuilder()
              .setId(slot.id())
              .setGuestPhysicalAddress(slot.base())
              .setSizeBytes(slot.sizeBytes()));
      request.addExpected(GuestState.contents(slot));
    }
    return request.build();
  }
}
