package io.pageferry.source.image;

import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageHash;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.wire.OutgoingFrame;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How far one receiver has a {@link FrozenImage}: of each page, whether it was sent, and whether
 * the receiver has acknowledged it. Also adds up the digest of what was sent, so that each receiver
 * is held against the bytes that were read for it.
 *
 * <p>Sending may happen on several lanes at once, acknowledging on one thread at a time.
 *
 * <p>INVARIANT: whoever marks a page as sent has read its bytes for the digest before, so that the
 * page may be released from then on. Whoever sends it again looks after reading its bytes whether
 * it was acknowledged meanwhile.
 */
public final class Delivery {
  /** Most pages in one frame of the drain: 256 KiB. */
  public static final int MAX_FRAME_PAGES = 64;

  /** Bitmaps kept for each page: sent, acknowledged. */
  static final int BITMAPS = 2;

  private record SlotPages(PageBitmap sent, PageBitmap acknowledged) {}

  private final FrozenImage image;
  private final Map<Integer, SlotPages> slots = new HashMap<>();
  private final DrainOrder order;
  private final AtomicLong sentPages = new AtomicLong();
  private final AtomicLong acknowledgedPages = new AtomicLong();
  private final AtomicLong digest = new AtomicLong();
  private volatile boolean dropped;

  Delivery(FrozenImage image) {
    this.image = image;
    for (MemorySlot slot : image.memory().slots()) {
      slots.put(slot.id(), new SlotPages(slot.newBitmap(), slot.newBitmap()));
    }
    this.order = new DrainOrder(this);
  }

  /** What is delivered. */
  public FrozenImage image() {
    return image;
  }

  /** Pages sent at least once. */
  public long sentPages() {
    return sentPages.get();
  }

  /** Pages acknowledged. */
  public long acknowledgedPages() {
    return acknowledgedPages.get();
  }

  /** Pages that hold something and are not acknowledged. */
  public long pagesLeft() {
    return image.writtenPages() - acknowledgedPages.get();
  }

  /** Bytes sent and not acknowledged. */
  public long bytesInFlight() {
    // In this order a page that is sent and acknowledged meanwhile never makes it negative.
    long acknowledged = acknowledgedPages.get();
    return PageGeometry.bytes(Math.max(0, sentPages.get() - acknowledged));
  }

  /** Whether every page that holds something is acknowledged, and in the digest. */
  public boolean isComplete() {
    return acknowledgedPages.get() == image.writtenPages()
        && sentPages.get() == image.writtenPages();
  }

  /** The image's digest (see {@link PageHash}), once the delivery is complete. */
  public long imageDigest() {
    return digest.get() + image.untouchedDigest();
  }

  /** Whether a page was sent on any lane. */
  public boolean isSent(MemorySlot slot, long page) {
    return pages(slot).sent().get(page);
  }

  /** Whether a page was acknowledged; its bytes may be gone from here. */
  public boolean isAcknowledged(MemorySlot slot, long page) {
    return pages(slot).acknowledged().get(page);
  }

  /**
   * Counts a page as sent and adds it to the digest.
   *
   * @return whether it was not sent before
   */
  public boolean markSent(MemorySlot slot, long page) {
    PageBitmap sent = pages(slot).sent();
    if (sent.get(page)) {
      return false;
    }
    long hash = image.isLost(slot, page) ? 0 : PageHash.contribution(slot, page);
    if (!sent.set(page)) {
      return false;
    }
    digest.addAndGet(hash);
    sentPages.incrementAndGet();
    return true;
  }

  /** The frame of pages in a row that were marked as sent, unless their data is lost. */
  public OutgoingFrame frame(MemorySlot slot, long first, int count) {
    return slot.isPoisoned(first)
        ? OutgoingFrame.lost(slot, first)
        : OutgoingFrame.bytes(slot, first, count);
  }

  /**
   * The receiver has these pages from an earlier delivery: they count as sent and acknowledged, and
   * are not in the digest. Before the first page is sent.
   */
  public void alreadyHas(MemorySlot slot, PageBitmap present) {
    SlotPages pages = pages(slot);
    long count = 0;
    for (long page = present.nextSet(0);
        page >= 0;
        page = page + 1 < slot.pageCount() ? present.nextSet(page + 1) : -1) {
      if (image.hasContent(slot, page) && pages.sent().set(page)) {
        pages.acknowledged().set(page);
        count++;
      }
    }
    sentPages.addAndGet(count);
    acknowledgedPages.addAndGet(count);
  }

  /**
   * Copies a page that was sent before, which may be released at any moment.
   *
   * @return whether {@code target} has its bytes; else it is acknowledged, or the delivery was
   *     dropped, and they may be gone
   */
  public boolean copyUnlessReleased(MemorySlot slot, long page, MemorySegment target) {
    MemorySegment.copy(slot.segment(), PageGeometry.bytes(page), target, 0, PageGeometry.PAGE_SIZE);
    // Bytes are discarded after the page is marked as acknowledged. The mark is looked at after
    // them.
    VarHandle.loadLoadFence();
    return !isAcknowledged(slot, page) && !dropped;
  }

  /**
   * The receiver has installed these pages. Those that every other receiver has too are released.
   * Pages acknowledged before, and pages that were never written, which a fetch is answered without
   * sending them, stay as they are.
   *
   * @throws PageFerryException PAGE_OUT_OF_RANGE if one of them does not exist or was never sent;
   *     then none is acknowledged
   */
  public void acknowledge(int slotId, long firstPage, long count) {
    MemorySlot slot = image.slot(slotId, firstPage, count);
    SlotPages pages = pages(slot);
    requireSent(slot, pages.sent(), firstPage, count);
    long acknowledged = 0;
    for (long page = firstPage; page < firstPage + count; page++) {
      if (image.hasContent(slot, page) && pages.acknowledged().set(page)) {
        acknowledged++;
      }
    }
    image.acknowledged(slot, firstPage, firstPage + count);
    acknowledgedPages.addAndGet(acknowledged);
  }

  private static void requireSent(MemorySlot slot, PageBitmap sent, long firstPage, long count) {
    if (!slot.written().coveredBy(sent, firstPage, count)) {
      throw new PageFerryException(
          ErrorCode.PAGE_OUT_OF_RANGE,
          "The destination acknowledged page "
              + slot.written().nextSetHereOnly(sent, firstPage)
              + " of slot "
              + slot.id()
              + ", which was never sent.");
    }
  }

  /** Whether all pages among these that hold something are acknowledged. */
  boolean hasAcknowledged(MemorySlot slot, long firstPage, long count) {
    return slot.written().coveredBy(pages(slot).acknowledged(), firstPage, count);
  }

  /** The first page from {@code from} on that has content and was not sent, or -1. */
  long nextUnsent(MemorySlot slot, long from) {
    return slot.written().nextSetHereOnly(pages(slot).sent(), from);
  }

  /**
   * The next frame of the drain, whose pages count as sent; null when every page was. One thread at
   * a time.
   */
  public @Nullable OutgoingFrame nextFrame() {
    return order.next();
  }

  /** A vCPU has faulted on a page, which a demand lane sends: the drain may go on near it. */
  public void faulted(MemorySlot slot, long page) {
    order.faulted(slot, page);
  }

  /** Whether a fault came since the drain's last frames. */
  public boolean faultsCome() {
    return order.faultsCome();
  }

  /**
   * The receiver is given up: it holds no page back any more. Its lanes have ended. Idempotent, any
   * thread.
   */
  public void drop() {
    dropped = true;
    image.remove(this);
  }

  private SlotPages pages(MemorySlot slot) {
    SlotPages pages = slots.get(slot.id());
    if (pages == null) {
      throw new IllegalArgumentException("Slot " + slot.id() + " is not part of this guest.");
    }
    return pages;
  }
}
