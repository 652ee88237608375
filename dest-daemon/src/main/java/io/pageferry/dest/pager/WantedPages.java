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
import java.util.Map;

/** Which pages of an image a process still needs. Any thread. */
final class WantedPages {
  private final PageInstaller installer;

  WantedPages(PageInstaller installer) {
    this.installer = installer;
  }

  /** Zero pages, and pages that no region has, are not waited for. */
  void only(List<Extent> extents, List<SlotContents> contents) {
    try (Arena arena = Arena.ofConfined()) {
      Map<MemorySlot, PageBitmap> nonzero = PageMap.read(installer.memory(), contents, arena);
      for (MemorySlot slot : installer.memory().slots()) {
        PageBitmap wanted = covered(slot, extents);
        PageBitmap map = nonzero.get(slot);
        for (long page = wanted.nextSet(0); map != null && page >= 0; ) {
          if (!map.get(page)) {
            wanted.clear(page);
          }
          page = page + 1 < slot.pageCount() ? wanted.nextSet(page + 1) : -1;
        }
        installer.acceptZeroPages(slot, wanted);
      }
    }
  }

  private static PageBitmap covered(MemorySlot slot, List<Extent> extents) {
    PageBitmap covered = slot.newBitmap();
    for (Extent extent : extents) {
      if (extent.slotId() == slot.id()) {
        covered.setRange(extent.firstPage(), extent.pages());
      }
    }
    return covered;
  }

  /** Pages that the source is not to send; none where the regions have all pages. */
  List<SlotContents> present(List<Extent> extents) {
    long wanted = extents.stream().mapToLong(Extent::pages).sum();
    return wanted == installer.pages().pageCount() ? List.of() : present();
  }

  /** Pages that are here. */
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
