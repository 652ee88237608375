package io.pageferry.source.image;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageHash;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of a guest that stands still: its bytes, and which of its pages hold something. Each
 * receiver gets it by a {@link Delivery} of its own.
 *
 * <p>INVARIANT (rule 4): a page goes back to the operating system only when every delivery has
 * acknowledged it. Pages go back in blocks, once a whole block is acknowledged. Without any
 * delivery nothing goes back.
 *
 * <p>Any thread. The vCPUs must not run as long as it is used. The memory belongs to the guest.
 */
public final class FrozenImage {
  /** Pages that go back together: a word of the bitmaps. */
  private static final int BLOCK_PAGES = 64;

  private final GuestMemory memory;
  private final long totalPages;
  private final long writtenPages;

  /** Replaced as a whole, under this object's monitor. */
  private volatile List<Delivery> deliveries = List.of();

  /** Whether any page was. Set before pages are released. */
  private volatile boolean acknowledged;

  /** Freezes the present contents of {@code memory}. */
  public FrozenImage(GuestMemory memory) {
    this.memory = memory;
    this.totalPages = memory.pageCount();
    this.writtenPages = memory.writtenPages();
  }

  /** Bitmaps kept for each page while there are {@code deliveries}. */
  public static int bitmaps(int deliveries) {
    return 1 + Delivery.BITMAPS * deliveries;
  }

  /** The frozen memory. */
  public GuestMemory memory() {
    return memory;
  }

  /** Pages of the guest. */
  public long totalPages() {
    return totalPages;
  }

  /** Pages that may hold something, and so have to be delivered. */
  public long writtenPages() {
    return writtenPages;
  }

  /** Pages that were never written, and so are zero and never sent. */
  public long untouchedPages() {
    return totalPages - writtenPages;
  }

  /**
   * The slot of a page that a receiver names.
   *
   * @throws PageFerryException PAGE_OUT_OF_RANGE if the guest has no such pages
   */
  public MemorySlot slot(int id, long firstPage, long count) {
    MemorySlot slot = memory.slot(id);
    if (slot == null
        || firstPage < 0
        || count < 1
        || firstPage >= slot.pageCount()
        || count > slot.pageCount() - firstPage) {
      throw new PageFerryException(
          ErrorCode.PAGE_OUT_OF_RANGE,
          "The destination named "
              + count
              + " pages from page "
              + firstPage
              + " of slot "
              + id
              + " on, which the guest does not have.");
    }
    return slot;
  }

  /** Whether a page may hold something else than zeros. */
  public boolean hasContent(MemorySlot slot, long page) {
    return slot.written().get(page);
  }

  /**
   * Whether the data of a page is lost. A page that cannot be read is lost from then on, for every
   * receiver. Looked at before its bytes are.
   */
  public boolean isLost(MemorySlot slot, long page) {
    if (!slot.isPoisoned(page) && !slot.isReadable(page)) {
      var _ = slot.poison(page);
    }
    return slot.isPoisoned(page);
  }

  /**
   * A delivery to one more receiver. Every receiver's is made before the first page is
   * acknowledged, for a page that is released cannot be delivered any more.
   *
   * @throws IllegalStateException if pages were acknowledged
   */
  public synchronized Delivery newDelivery() {
    Delivery delivery = new Delivery(this);
    List<Delivery> before = deliveries;
    List<Delivery> more = new ArrayList<>(before);
    more.add(delivery);
    deliveries = List.copyOf(more);
    if (acknowledged) {
      deliveries = before;
      throw new IllegalStateException(
          "Pages of the guest were acknowledged, and may be gone; no other receiver can have"
              + " them.");
    }
    return delivery;
  }

  /** Pages that only {@code delivery} held back are released. */
  void remove(Delivery delivery) {
    synchronized (this) {
      List<Delivery> fewer = new ArrayList<>(deliveries);
      fewer.remove(delivery);
      deliveries = List.copyOf(fewer);
    }
    for (MemorySlot slot : memory.slots()) {
      release(slot, 0, slot.pageCount());
    }
  }

  /** A delivery has marked a run of pages as acknowledged. */
  void acknowledged(MemorySlot slot, long firstPage, long endPage) {
    if (!acknowledged) {
      acknowledged = true;
    }
    release(slot, firstPage, endPage);
  }

  /**
   * Of the blocks that a run of pages touches, gives those that every delivery has acknowledged
   * back to the operating system, neighbouring ones in one go.
   */
  private void release(MemorySlot slot, long firstPage, long endPage) {
    // Whoever comes here has marked pages or left the list, and now looks at the others. Of two
    // that
    // come at once, at least one sees what both have done, and no block is forgotten.
    VarHandle.fullFence();
    List<Delivery> receivers = deliveries;
    long from = 0;
    long to = 0;
    for (long block = firstPage & -BLOCK_PAGES; block < endPage; block += BLOCK_PAGES) {
      long pages = Math.min(BLOCK_PAGES, slot.pageCount() - block);
      if (!allHave(receivers, slot, block, pages)) {
        continue;
      }
      // Only what was acknowledged: pages that were never written stay, for #untouchedDigest.
      long page = slot.written().nextSet(block);
      while (page >= 0 && page < block + pages) {
        long clear = slot.written().nextClear(page);
        long end = clear < 0 ? block + pages : Math.min(clear, block + pages);
        if (page != to) {
          discard(slot, from, to);
          from = page;
        }
        to = end;
        page = slot.written().nextSet(end);
      }
    }
    discard(slot, from, to);
  }

  private static boolean allHave(
      List<Delivery> receivers, MemorySlot slot, long firstPage, long count) {
    for (int i = 0; i < receivers.size(); i++) {
      if (!receivers.get(i).hasAcknowledged(slot, firstPage, count)) {
        return false;
      }
    }
    return !receivers.isEmpty();
  }

  private static void discard(MemorySlot slot, long from, long to) {
    if (to > from) {
      slot.discard(from, to - from);
    }
  }

  /**
   * What the pages that were taken for zero add to the image's digest, from their bytes: nothing,
   * unless one was written behind the written bitmap's back. Reads only what is resident.
   */
  long untouchedDigest() {
    long[] digest = {0};
    for (MemorySlot slot : memory.slots()) {
      slot.forEachResidentPage(page -> {
        if (!slot.written().get(page)) {
          digest[0] += PageHash.contribution(slot, page);
        }
      });
    }
    return digest[0];
  }
}
