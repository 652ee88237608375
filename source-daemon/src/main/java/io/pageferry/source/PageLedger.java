package io.pageferry.source;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageHash;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the source knows of each page of a frozen guest: written (it may hold something), sent,
 * released (acknowledged). Three bits a page. Released pages go back to the operating system in
 * blocks, once a whole block is released.
 *
 * <p>INVARIANT (rule 4): a page is released only by {@link #acknowledge}. Sending may happen on
 * several lanes at once; acknowledging on one thread at a time.
 *
 * <p>INVARIANT: whoever marks a page as sent has read its bytes for the digest before, so that the
 * page may be released from then on. Whoever sends it again looks after reading its bytes whether
 * it was released meanwhile.
 */
final class PageLedger {
  /** Pages that go back together: a word of the bitmaps. */
  private static final int BLOCK_PAGES = 64;

  /** Bitmaps kept for each page: written, sent, released. */
  static final int BITMAPS = 3;

  private record SlotPages(PageBitmap sent, PageBitmap released) {}

  private final GuestMemory memory;
  private final Map<Integer, SlotPages> slots = new HashMap<>();
  private final long totalPages;
  private final long pagesToMove;
  private final AtomicLong sentPages = new AtomicLong();
  private final AtomicLong releasedPages = new AtomicLong();
  private final AtomicLong digest = new AtomicLong();

  /** Freezes the present contents of {@code memory}, whose vCPUs must not run. */
  PageLedger(GuestMemory memory) {
    this.memory = memory;
    long written = 0;
    for (MemorySlot slot : memory.slots()) {
      slots.put(slot.id(), new SlotPages(slot.newBitmap(), slot.newBitmap()));
      written += slot.written().cardinality();
    }
    totalPages = memory.pageCount();
    pagesToMove = written;
  }

  /** The frozen memory. */
  GuestMemory memory() {
    return memory;
  }

  /** Pages of the guest. */
  long totalPages() {
    return totalPages;
  }

  /** Pages that were never written, and so are zero and never sent. */
  long untouchedPages() {
    return totalPages - pagesToMove;
  }

  /** Pages sent at least once. */
  long sentPages() {
    return sentPages.get();
  }

  /** Pages acknowledged. */
  long releasedPages() {
    return releasedPages.get();
  }

  /** Bytes sent and not acknowledged. */
  long bytesInFlight() {
    // In this order a page that is sent and released meanwhile never makes it negative.
    long released = releasedPages.get();
    return PageGeometry.bytes(Math.max(0, sentPages.get() - released));
  }

  /** Whether every page that had to move is acknowledged, and in the digest. */
  boolean isComplete() {
    return releasedPages.get() == pagesToMove && sentPages.get() == pagesToMove;
  }

  /** Sum of the hashes of the pages sent so far; see {@link PageHash}. */
  long digest() {
    return digest.get();
  }

  /**
   * The slot of a page that a peer names.
   *
   * @throws PageFerryException PAGE_OUT_OF_RANGE if the guest has no such pages
   */
  MemorySlot slot(int id, long firstPage, long count) {
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

  /** The first page from {@code from} on that has content and was not sent, or -1. */
  long nextUnsent(MemorySlot slot, long from) {
    return slot.written().nextSetHereOnly(pages(slot).sent(), from);
  }

  /** Whether a page may hold something else than zeros. */
  boolean hasContent(MemorySlot slot, long page) {
    return slot.written().get(page);
  }

  /** Whether a page was sent on any lane. */
  boolean isSent(MemorySlot slot, long page) {
    return pages(slot).sent().get(page);
  }

  /**
   * Counts a page as sent and adds it to the digest.
   *
   * @return whether it was not sent before
   */
  boolean markSent(MemorySlot slot, long page) {
    PageBitmap sent = pages(slot).sent();
    if (sent.get(page)) {
      return false;
    }
    long hash = PageHash.contribution(slot, page);
    if (!sent.set(page)) {
      return false;
    }
    digest.addAndGet(hash);
    sentPages.incrementAndGet();
    return true;
  }

  /** Whether a page was acknowledged; its bytes are gone from here. */
  boolean isReleased(MemorySlot slot, long page) {
    return pages(slot).released().get(page);
  }

  /**
   * Copies a page that was sent before, which may be acknowledged at any moment.
   *
   * @return whether {@code target} has its bytes; else it is acknowledged, and they are gone
   */
  boolean copyUnlessReleased(MemorySlot slot, long page, MemorySegment target) {
    MemorySegment.copy(slot.segment(), PageGeometry.bytes(page), target, 0, PageGeometry.PAGE_SIZE);
    // Bytes are discarded after the page is marked as released. The mark is looked at after them.
    VarHandle.loadLoadFence();
    return !isReleased(slot, page);
  }

  /**
   * The destination has installed these pages: gives each block that is thereby complete back to
   * the operating system. Pages acknowledged before, and pages that were never written, which a
   * fetch is answered without sending them, stay as they are.
   *
   * @throws PageFerryException PAGE_OUT_OF_RANGE if one of them does not exist or was never sent;
   *     then none is released
   */
  void acknowledge(int slotId, long firstPage, long count) {
    MemorySlot slot = slot(slotId, firstPage, count);
    SlotPages pages = pages(slot);
    long released = 0;
    for (long page = firstPage; page < firstPage + count; page++) {
      if (hasContent(slot, page) && !pages.sent().get(page)) {
        throw new PageFerryException(
            ErrorCode.PAGE_OUT_OF_RANGE,
            "The destination acknowledged page "
                + page
                + " of slot "
                + slotId
                + ", which was never sent.");
      }
    }
    for (long page = firstPage; page < firstPage + count; page++) {
      if (hasContent(slot, page) && pages.released().set(page)) {
        released++;
      }
    }
    discardCompleteBlocks(slot, pages.released(), firstPage, firstPage + count);
    releasedPages.addAndGet(released);
  }

  /** Of the blocks that a run of pages touches, neighbouring ones in one go. */
  private static void discardCompleteBlocks(
      MemorySlot slot, PageBitmap released, long firstPage, long endPage) {
    long from = 0;
    long to = 0;
    for (long block = firstPage & -BLOCK_PAGES; block < endPage; block += BLOCK_PAGES) {
      long pages = Math.min(BLOCK_PAGES, slot.pageCount() - block);
      if (!slot.written().coveredBy(released, block, pages)) {
        continue;
      }
      // Only what was released: pages that were never written stay, for #addUntouchedPages.
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

  private static void discard(MemorySlot slot, long from, long to) {
    if (to > from) {
      slot.discard(from, to - from);
    }
  }

  /**
   * Adds the pages that were taken for zero to the digest, from their bytes: they contribute
   * nothing unless one was written behind the written bitmap's back. Reads only what is resident.
   */
  void addUntouchedPages() {
    for (MemorySlot slot : memory.slots()) {
      slot.forEachResidentPage(page -> {
        if (!slot.written().get(page)) {
          digest.addAndGet(PageHash.contribution(slot, page));
        }
      });
    }
  }

  private SlotPages pages(MemorySlot slot) {
    SlotPages pages = slots.get(slot.id());
    if (pages == null) {
      throw new IllegalArgumentException("Slot " + slot.id() + " is not part of this guest.");
    }
    return pages;
  }
}
