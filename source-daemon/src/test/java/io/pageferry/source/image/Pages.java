package io.pageferry.source.image;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import java.util.List;

/** Guest memory whose pages hold their own number and one. */
public final class Pages {
  /** Id of the slot. */
  public static final int SLOT = 3;

  private Pages() {}

  /** One slot of which the first {@code written} pages are written, and not zero. */
  public static GuestMemory memory(long pageCount, long written) {
    GuestMemory memory =
        GuestMemory.anonymous(
            List.of(new SlotLayout(SLOT, 0x8000_0000L, PageGeometry.bytes(pageCount))));
    MemorySlot slot = slot(memory);
    for (long page = 0; page < written; page++) {
      write(slot, page);
    }
    return memory;
  }

  /** Its only slot. */
  public static MemorySlot slot(GuestMemory memory) {
    return memory.slots().getFirst();
  }

  /** Makes a page hold its number and one, as a vCPU would. */
  public static void write(MemorySlot slot, long page) {
    var _ = slot.written().set(page);
    slot.segment().set(JAVA_LONG, PageGeometry.bytes(page), page + 1);
  }

  /** What a page holds: its number and one, or 0 once it is gone. */
  public static long read(MemorySlot slot, long page) {
    return slot.segment().get(JAVA_LONG, PageGeometry.bytes(page));
  }
}
