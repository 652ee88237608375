package io.pageferry.dest.target;

import io.pageferry.fault.PageBytes;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.memory.PageGeometry;
import io.pageferry.userfaultfd.PlaceResult;
import io.pageferry.userfaultfd.UserfaultCaller;
import io.pageferry.userfaultfd.UserfaultException;
import io.pageferry.userfaultfd.Userfaultfd;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory of another process, into which pages are put through its userfaultfd.
 *
 * <p>A page that the process has given back is zero from then on, and a page that is there keeps
 * its bytes: neither is ever written to. Threads that wait for such a page go on.
 *
 * <p>Any thread may place pages; one takes events. Its owner closes the userfaultfd after all of
 * them have stopped.
 */
public final class TargetMemory {
  private static final Logger LOG = LoggerFactory.getLogger(TargetMemory.class);

  /** Most pages that are placed before events may be taken again. */
  private static final int MOST_AT_ONCE = 16;

  private static final long CHANGING_NANOS = 20_000;
  private static final long NO_MEMORY_NANOS = 10_000_000;

  private final PlacementGate gate = new PlacementGate();
  private final ThreadLocal<Hand> hands;
  private final LongAdder keptPages = new LongAdder();
  private final LongAdder zeroedPages = new LongAdder();
  private volatile Map<Integer, PageBitmap> removed = Map.of();
  private volatile AddressMap map = new AddressMap(List.of());
  private volatile @Nullable Userfaultfd userfaultfd;
  private volatile boolean ended;
  private volatile boolean stopped;

  /** Takes events; null while nobody does. */
  private volatile @Nullable EventTaker taker;

  /** The thread that takes events. */
  interface EventTaker {
    /** Takes what there is, by that thread. */
    void takeEvents();

    /** Which thread it is. */
    Thread thread();
  }

  /** Memory that is not handed over yet; nothing may be placed until then. */
  public TargetMemory() {
    hands = ThreadLocal.withInitial(() -> new Hand(userfaultfd()));
  }

  /**
   * The memory is handed over.
   *
   * @param handedOver its userfaultfd, which stays the caller's
   * @param addresses where the image's pages are
   * @param given pages of each slot that were given back before, and those that will be
   */
  public void attach(Userfaultfd handedOver, AddressMap addresses, Map<Integer, PageBitmap> given) {
    removed = Map.copyOf(given);
    map = addresses;
    userfaultfd = handedOver;
  }

  Userfaultfd userfaultfd() {
    Userfaultfd known = userfaultfd;
    if (known == null) {
      throw new IllegalStateException("The target's memory is not handed over.");
    }
    return known;
  }

  PlacementGate gate() {
    return gate;
  }

  AddressMap map() {
    return map;
  }

  /** The target has moved or unmapped memory. With the gate closed. */
  void remap(AddressMap changed) {
    map = changed;
  }

  void takenBy(@Nullable EventTaker events) {
    taker = events;
  }

  /** Pages of a slot that were given back. */
  PageBitmap removed(int slotId) {
    PageBitmap bits = removed.get(slotId);
    if (bits == null) {
      throw new IllegalArgumentException("The image has no slot " + slotId + ".");
    }
    return bits;
  }

  /** Whether the process has ended, so that its memory is gone. */
  public boolean hasEnded() {
    return ended;
  }

  void end() {
    ended = true;
  }

  /** Pages that were there already when their bytes came, such as after another pager. */
  public long keptPages() {
    return keptPages.sum();
  }

  /** Zeros put in place because somebody accessed a page that holds nothing. */
  public long zeroedPages() {
    return zeroedPages.sum();
  }

  /** See {@link TargetMechanism#fill}. */
  long fill(MemorySlot slot, long first, long count, PageBytes bytes) {
    Hand hand = hands.get();
    long sum = 0;
    for (long done = 0; done < count; ) {
      int run = (int) Math.min(count - done, Hand.MOST_PAGES);
      for (int i = 0; i < run; i++) {
        bytes.copyPageTo(hand.staging(), PageGeometry.bytes(i));
      }
      place(hand, slot, first + done, run, true);
      sum += hand.hash(PageGeometry.pages(slot.base()) + first + done, run);
      done += run;
    }
    return sum;
  }

  /** See {@link TargetMechanism#fillZeros}. */
  void fillZeros(MemorySlot slot, long first, long count) {
    place(hands.get(), slot, first, count, false);
  }

  /** Puts pages in place, from the staging area or as zeros, that can and may be. */
  private void place(Hand hand, MemorySlot slot, long first, long count, boolean bytes) {
    long page = first;
    while (page < first + count && !ended) {
      PlaceResult result;
      gate.enter();
      try {
        if (stopped) {
          // The userfaultfd may be closed from now on.
          return;
        }
        long most = Math.min(first + count - page, MOST_AT_ONCE);
        Extent extent = map.of(slot.id(), page);
        long run = extent == null ? 0 : placeable(slot, extent, page, most);
        if (extent == null || run == 0) {
          letGoOn(hand.caller(), extent, page);
          page++;
          continue;
        }
        long target = extent.addressOf(page);
        UserfaultCaller caller = hand.caller();
        result =
            bytes
                ? caller.copy(target, hand.sourceOf(page - first), PageGeometry.bytes(run), true)
                : caller.zero(target, PageGeometry.bytes(run), true);
        page += PageGeometry.pages(caller.doneBytes());
        if (result == PlaceResult.PRESENT || result == PlaceResult.UNMAPPED) {
          // It keeps what it has; or nobody can access it any more.
          keptPages.increment();
          letGoOn(caller, extent, page);
          page++;
        }
      } finally {
        gate.exit();
      }
      afterwards(result);
    }
  }

  /** How many pages from {@code page} on lie side by side, and were not given back. */
  private long placeable(MemorySlot slot, Extent extent, long page, long most) {
    long end = Math.min(page + most, extent.firstPage() + extent.pages());
    PageBitmap gone = removed(slot.id());
    long stop = page;
    while (stop < end && !gone.get(stop)) {
      stop++;
    }
    return stop - page;
  }

  /** Threads that wait for a page access it again. */
  private void letGoOn(UserfaultCaller caller, @Nullable Extent extent, long page) {
    if (extent != null) {
      note(caller.wake(extent.addressOf(page), PageGeometry.PAGE_SIZE));
    }
  }

  private void afterwards(PlaceResult result) {
    note(result);
    if (result == PlaceResult.CHANGING) {
      EventTaker events = taker;
      if (events != null && events.thread() == Thread.currentThread()) {
        events.takeEvents();
      } else {
        LockSupport.parkNanos(CHANGING_NANOS);
      }
    } else if (result == PlaceResult.NO_MEMORY) {
      LockSupport.parkNanos(NO_MEMORY_NANOS);
    }
  }

  private void note(PlaceResult result) {
    if (result == PlaceResult.ENDED) {
      ended = true;
    }
  }

  /**
   * Somebody waits at an address whose page holds nothing, or is there already: it becomes zero in
   * the one case and stays as it is in the other.
   */
  void answerZero(long address) {
    if (stopped) {
      return;
    }
    UserfaultCaller caller = hands.get().caller();
    PlaceResult result = caller.zero(address, PageGeometry.PAGE_SIZE, true);
    note(result);
    if (result == PlaceResult.DONE) {
      zeroedPages.increment();
    } else {
      // There already; or it cannot be done now, and whoever waits asks again.
      note(caller.wake(address, PageGeometry.PAGE_SIZE));
    }
  }

  /** Somebody waits at an address that is none of the image's: it gets a bus error. */
  void refuse(long address) {
    try {
      note(hands.get().caller().poison(address, PageGeometry.PAGE_SIZE, true));
    } catch (UserfaultException e) {
      LOG.error("Who waits at 0x{} waits for ever.", Long.toHexString(address), e);
    }
  }

  /** All who wait for any page access it again, and are reported once more. */
  public void wakeAll() {
    UserfaultCaller caller = hands.get().caller();
    for (Extent extent : map.extents()) {
      note(caller.wake(extent.address(), PageGeometry.bytes(extent.pages())));
    }
  }

  /** The target has given a range back. With the gate closed. */
  void noteRemoved(long start, long end) {
    for (Extent part : map.within(start, end)) {
      removed(part.slotId()).setRange(part.firstPage(), part.pages());
    }
  }

  /**
   * Every page is in place: the kernel stops nobody any more, and gives zeros where there is
   * nothing. From now on the target needs no pager, whoever still has its userfaultfd.
   */
  public void release() {
    gate.close();
    try {
      for (Extent extent : map.extents()) {
        unregister(extent);
      }
      map = new AddressMap(List.of());
    } finally {
      gate.open();
    }
  }

  /** Nothing is placed any more once this returns: the userfaultfd may be closed. */
  public void stop() {
    stopped = true;
    gate.close();
    gate.open();
  }

  private void unregister(Extent extent) {
    try {
      userfaultfd().unregister(extent.address(), PageGeometry.bytes(extent.pages()));
    } catch (UserfaultException e) {
      // Its memory is gone, with the process or without.
      LOG.debug("A region of the target could not be unregistered.", e);
    }
  }

  /** Who waits in a range accesses it again. */
  void wake(long start, long end) {
    note(hands.get().caller().wake(start, end - start));
  }
}
