package io.pageferry.stress;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.pageferry.fault.FaultMechanism;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.SlotPages;
import io.pageferry.fault.mechanism.UserfaultBitmapMechanism;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import java.util.List;

/**
 * The pages of one try: {@link #PAGES} of them from {@link #first} on, which are missing, trapped,
 * zero, and whose bits are clear in the bitmap. Memory is used again after {@value #TRIES} tries,
 * far more than live at once; page states and bitmap are new then.
 */
public final class StressPages {
  /** Pages of a try: two words of bitmaps, four of page states. */
  public static final int PAGES = 128;

  private static final int TRIES = 1 << 14;
  private static final GuestMemory MEMORY =
      GuestMemory.anonymous(
          List.of(new SlotLayout(0, 0, PageGeometry.bytes((long) TRIES * PAGES))));
  private static final MemorySlot SLOT = MEMORY.slots().getFirst();
  private static final FaultMechanism USERFAULT = new UserfaultBitmapMechanism(SLOT);

  private record Block(GuestPages guest, PageBitmap bitmap) {}

  private static Block block;
  private static int tries;

  static {
    USERFAULT.enable();
    block = block();
  }

  /** The guest that the pages belong to. */
  public final GuestPages guest;

  /** Its only slot. */
  public final SlotPages slot;

  /** A bitmap over the slot. */
  public final PageBitmap bitmap;

  /** The first page of this try. */
  public final long first;

  private StressPages(Block block, long first) {
    this.guest = block.guest;
    this.slot = guest.slots().getFirst();
    this.bitmap = block.bitmap;
    this.first = first;
  }

  /** The pages of the next try. */
  public static synchronized StressPages next() {
    if (tries == TRIES) {
      block = block();
      tries = 0;
    }
    StressPages pages = new StressPages(block, (long) tries++ * PAGES);
    pages.slot.mechanism().trap(pages.first, PAGES);
    pages.setWord(0, 0, 0);
    pages.setWord(0, PageGeometry.PAGE_SIZE - Long.BYTES, 0);
    return pages;
  }

  private static Block block() {
    return new Block(GuestPages.missing(MEMORY, slot -> new Enabled(USERFAULT)), SLOT.newBitmap());
  }

  /** A word of a page of this try. */
  public long word(int page, long offset) {
    return SLOT.segment().get(JAVA_LONG, PageGeometry.bytes(first + page) + offset);
  }

  /** Writes a word of a page of this try. */
  public void setWord(int page, long offset, long value) {
    SLOT.segment().set(JAVA_LONG, PageGeometry.bytes(first + page) + offset, value);
  }

  /** A mechanism that is enabled already. */
  private record Enabled(FaultMechanism mechanism) implements FaultMechanism {
    @Override
    public MemorySlot slot() {
      return mechanism.slot();
    }

    @Override
    public void enable() {}

    @Override
    public void trap(long from, long count) {
      mechanism.trap(from, count);
    }

    @Override
    public void lift(long from, long count) {
      mechanism.lift(from, count);
    }

    @Override
    public boolean traps(long page) {
      return mechanism.traps(page);
    }

    @Override
    public void disable() {}

    @Override
    public int bitsPerPage() {
      return mechanism.bitsPerPage();
    }
  }
}
