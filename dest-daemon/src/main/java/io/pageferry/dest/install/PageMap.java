package io.pageferry.dest.install;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.proto.v1.SlotContents;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which pages hold something, as the source says it at switchover. Stateless. */
public final class PageMap {
  private PageMap() {}

  /**
   * Reads the map of every slot of {@code memory}; a bit is clear where a page is zero.
   *
   * @throws IllegalArgumentException if a slot is unknown, repeated or left out
   */
  public static Map<MemorySlot, PageBitmap> read(
      GuestMemory memory, List<SlotContents> contents, Arena arena) {
    Map<MemorySlot, PageBitmap> nonzero = new HashMap<>();
    for (SlotContents slotContents : contents) {
      MemorySlot slot = memory.slot(slotContents.getSlot());
      if (slot == null || nonzero.containsKey(slot)) {
        throw new IllegalArgumentException(
            "its page map names slot "
                + slotContents.getSlot()
                + ", which is unknown or repeated.");
      }
      byte[] bits = slotContents.getNonzeroBitmap().toByteArray();
      nonzero.put(slot, PageBitmap.of(slot.pageCount(), bits, arena));
    }
    if (nonzero.size() != memory.slots().size()) {
      throw new IllegalArgumentException("its page map leaves a slot out.");
    }
    return nonzero;
  }
}
