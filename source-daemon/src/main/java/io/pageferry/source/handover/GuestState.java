package io.pageferry.source.handover;

import com.google.protobuf.ByteString;
import io.pageferry.guest.Machine;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.proto.v1.PageFrame;
import io.pageferry.proto.v1.SlotContents;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.source.image.Delivery;

/** What TransferState says of a guest that stands still. Stateless. */
final class GuestState {
  private GuestState() {}

  /**
   * State and page maps, and the pages that the vCPUs need at once; the caller adds whose they are.
   *
   * @param delivery where those count as sent
   * @param withFirstPages whether the destination takes such pages
   */
  static TransferStateRequest.Builder of(
      Machine machine, Delivery delivery, boolean withFirstPages) {
    TransferStateRequest.Builder request =
        TransferStateRequest.newBuilder().setMachineState(ByteString.copyFrom(machine.saveState()));
    for (MemorySlot slot : machine.memory().slots()) {
      request.addContents(contents(slot));
    }
    if (withFirstPages) {
      machine.accessedNext().forEach(address -> addFirstPage(request, delivery, address));
    }
    return request;
  }

  /** Which pages of a slot may hold something. Also while the guest runs: then a guess. */
  static SlotContents contents(MemorySlot slot) {
    return SlotContents.newBuilder()
        .setSlot(slot.id())
        .setNonzeroBitmap(ByteString.copyFrom(slot.written().toBytes()))
        .build();
  }

  /** Adds a page, unless it is zero or there already. */
  private static void addFirstPage(
      TransferStateRequest.Builder request, Delivery delivery, long address) {
    MemorySlot slot = delivery.image().memory().slotAt(address);
    if (slot == null) {
      return;
    }
    long page = PageGeometry.pages(address - slot.base());
    if (delivery.image().hasContent(slot, page)
        && !delivery.image().isLost(slot, page)
        && delivery.markSent(slot, page)) {
      request.addFirstPages(
          PageFrame.newBuilder()
              .setSlot(slot.id())
              .setFirstPage(page)
              .setPageCount(1)
              .setData(
                  ByteString.copyFrom(
                      slot.segment()
                          .asSlice(PageGeometry.bytes(page), PageGeometry.PAGE_SIZE)
                          .asByteBuffer())));
    }
  }
}
