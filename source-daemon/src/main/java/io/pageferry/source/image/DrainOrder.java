package io.pageferry.source.image;

import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageHash;
import io.pageferry.wire.OutgoingFrame;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * In which order a delivery's drain sends pages. It walks the guest's memory in order of address,
 * round and round until nothing is left, and lets itself be moved: to the neighbourhood of a fault
 * that lies near an earlier one, for then the guest is likely to go on there. Faults all over the
 * place leave it where it is, since following them would leave holes, and holes make small frames.
 *
 * <p>Frames grow while no faults come, and are small while they do: a vCPU waits no longer than a
 * frame takes for the thread or the wire that it shares with the drain.
 *
 * <p>{@link #faulted} is called by demand lanes; {@link #next} by the drain, one thread at a time.
 */
final class DrainOrder {
  /** Most pages in one frame while faults come: 64 KiB. */
  static final int MIN_FRAME_PAGES = 16;

  /** Faults no further apart than this are of one neighbourhood. */
  static final long NEIGHBOURHOOD_PAGES = 256;

  /** Faults are looked for near so many earlier ones, a power of two. */
  private static final int REMEMBERED = 8;

  private record Place(int slotIndex, long page) {}

  private final Delivery delivery;
  private final List<MemorySlot> slots;

  /** Guards what demand lanes write, for moments. */
  private final Object trail = new Object();

  private final long[] recent = new long[REMEMBERED];
  private int faults;
  private @Nullable Place target;
  private boolean faultsCome;

  private int slotIndex;
  private long cursor;
  private int framePages = Delivery.MAX_FRAME_PAGES;

  DrainOrder(Delivery delivery) {
    this.delivery = delivery;
    this.slots = delivery.image().memory().slots();
    Arrays.fill(recent, Long.MIN_VALUE / 2);
  }

  /** A vCPU has faulted on a page, which a demand lane sends. */
  void faulted(MemorySlot slot, long page) {
    long gfn = PageGeometry.pages(slot.base()) + page;
    synchronized (trail) {
      faultsCome = true;
      for (long earlier : recent) {
        long distance = gfn - earlier;
        if (distance != 0 && Math.abs(distance) <= NEIGHBOURHOOD_PAGES) {
          long from = distance > 0 ? page : Math.max(0, page - Delivery.MAX_FRAME_PAGES);
          target = new Place(slots.indexOf(slot), from);
          break;
        }
      }
      recent[faults++ & (REMEMBERED - 1)] = gfn;
    }
  }

  /** Whether a fault came since the last frames. */
  boolean faultsCome() {
    synchronized (trail) {
      return faultsCome || framePages < Delivery.MAX_FRAME_PAGES;
    }
  }

  /** The next frame, whose pages count as sent; null when every page was. */
  @Nullable OutgoingFrame next() {
    follow();
    int emptySlots = 0;
    while (emptySlots <= slots.size()) {
      MemorySlot slot = slots.get(slotIndex);
      long first = delivery.nextUnsent(slot, cursor);
      if (first < 0) {
        slotIndex = (slotIndex + 1) % slots.size();
        cursor = 0;
        emptySlots++;
        continue;
      }
      emptySlots = 0;
      if (delivery.image().isLost(slot, first)) {
        cursor = first + 1;
        if (delivery.markSent(slot, first)) {
          return OutgoingFrame.lost(slot, first);
        }
        continue;
      }
      boolean zero = PageHash.isZero(slot, first);
      int count = claimRun(slot, first, zero);
      cursor = first + Math.max(count, 1);
      if (count > 0) {
        return zero ? OutgoingFrame.zeros(slot, first, count) : delivery.frame(slot, first, count);
      }
    }
    return null;
  }

  private void follow() {
    Place place;
    synchronized (trail) {
      framePages =
          faultsCome ? MIN_FRAME_PAGES : Math.min(2 * framePages, Delivery.MAX_FRAME_PAGES);
      faultsCome = false;
      place = target;
      target = null;
    }
    if (place != null) {
      slotIndex = place.slotIndex();
      cursor = place.page();
    }
  }

  /** Marks as sent the longest run from {@code first} on that one frame can carry. */
  private int claimRun(MemorySlot slot, long first, boolean zero) {
    int count = 0;
    while (count < framePages && first + count < slot.pageCount()) {
      long page = first + count;
      boolean fits =
          delivery.image().hasContent(slot, page)
              && !delivery.image().isLost(slot, page)
              && (count == 0 || PageHash.isZero(slot, page) == zero);
      if (!fits || !delivery.markSent(slot, page)) {
        break;
      }
      count++;
    }
    return count;
  }
}
