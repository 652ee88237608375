package io.pageferry.dest.pager;

import com.google.protobuf.ByteString;
import io.pageferry.dest.install.PageInstaller;
import io.pageferry.dest.install.PageMap;
import io.pageferry.dest.target.Extent;
import io.pageferry.fault.SlotPages;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.proto.v1.SlotContents;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/** Which pages of an image need not be sent, here and as the source is told. Any thread. */
final class PresentPages {
  private final PageInstaller installer;

  PresentPages(PageInstaller installer) {
    this.installer = installer;
  }

  /** Zero pages are not waited for. */
  void acceptZeroPages(List<SlotContents> contents) {
    try (Arena arena = Arena.ofConfined()) {
      PageMap.read(installer.memory(), contents, arena).forEach(installer::acceptZeroPages);
    }
  }

  /** Nor are pages that no region has. */
  void markOthersPresent(List<Extent> extents) {
    if (haveAll(extents)) {
      return;
    }
    for (MemorySlot slot : installer.memory().slots()) {
      PageBitmap covered = slot.newBitmap();
      for (Extent extent : extents) {
        if (extent.slotId() == slot.id()) {
          covered.setRange(extent.firstPage(), extent.pages());
        }
      }
      installer.acceptZeroPages(slot, covered);
    }
  }

  private boolean haveAll(List<Extent> extents) {
    return extents.stream().mapToLong(Extent::pages).sum() == installer.pages().pageCount();
  }

  /** Pages that the source is not to send; none where the regions have all pages. */
  List<SlotContents> present(List<Extent> extents) {
    return haveAll(extents) ? List.of() : present();
  }

  List<SlotContents> present() {
    List<SlotContents> present = new ArrayList<>();
    for (SlotPages slot : installer.pages().slots()) {
      PageBitmap bits = slot.slot().newBitmap();
      for (long page = 0; page < slot.slot().pageCount(); page++) {
        if (slot.states().isPresent(page)) {
          bits.set(page);
        }
      }
      present.add(
          SlotContents.newBuilder()
              .setSlot(slot.slot().id())
              .setNonzeroBitmap(ByteString.copyFrom(bits.toBytes()))
              .build());
    }
    return present;
  }
}
