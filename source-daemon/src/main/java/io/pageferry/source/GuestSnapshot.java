package io.pageferry.source;

import com.google.protobuf.ByteString;
import io.pageferry.guest.Machine;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.proto.v1.PageFrame;
import io.pageferry.proto.v1.SlotContents;
import io.pageferry.proto.v1.TransferStateRequest;

/** A guest that stands still, as the destination gets to know it. Stateless. */
final class GuestSnapshot {
  private GuestSnapshot() {}

  /**
   * State and page maps, and the pages that the vCPUs need at once; the caller adds whose they are.
   *
   * @param pages where those count as sent
   * @param withFirstPages whether the destination takes such pages
   */
  static TransferStateRequest.Builder of(
      Machine machine, PageLedger pages, boolean withFirstPages) {
    TransferStateRequest.Builder request =
        TransferStateRequest.newBuilder().setMachineState(ByteString.copyFrom(machine.saveState()));
    for (MemorySlot slot : machine.memory().slots()) {
      request.addContents(contents(slot));
    }
    if (withFirstPages) {
      machine.accessedNext().forEach(address -> addFirstPage(request, pages, address));
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
      TransferStateRequest.Builder request, PageLedger pages, long address) {
    MemorySlot slot = pages.memory().slotAt(address);
    if (slot == null) {
      return;
    }
    long page = PageGeometry.pages(address - slot.base());
    if (pages.hasContent(slot, page) && pages.markSent(slot, page)) {
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
