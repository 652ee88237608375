package io.pageferry.dest;

import io.pageferry.memory.FirstTouches;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.memory.PageHash;
import io.pageferry.memory.UserfaultBitmap;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.wire.PageSink;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Puts arriving pages in place: claim, copy, add to the digest, clear the userfault bit, wake who
 * waits, acknowledge.
 *
 * <p>INVARIANT (rule 1): a page's bit is cleared, with release, after its bytes are in place.
 * INVARIANT (rule 2): whoever sets a page's claimed bit first installs it; every later arrival is
 * dropped without a look at its bytes, so nothing that the guest wrote is ever overwritten. Whoever
 * fails at it clears the bit again, while the page still faults, and the next arrival installs it.
 *
 * <p>All lanes call it at once: the drain lane on its event loop, an urgent lane on its vCPU's
 * thread.
 */
final class PageInstaller {
  /** Pages of a frame that are installed before their bits are cleared together. */
  private static final int LONGEST_RUN = 64;

  /** The same while a vCPU waits, perhaps for one of them. */
  private static final int WAITED_RUN = 8;

  /** From so many pages on it pays to ask for physical memory at once. */
  private static final int POPULATED_RUN = 4;

  /** Which lane brought a page. */
  enum Origin {
    DEMAND,
    DRAIN
  }

  private record SlotPages(
      UserfaultBitmap userfault, PageBitmap claimed, FirstTouches firstTouches) {}

  private final GuestMemory memory;
  private final Map<Integer, SlotPages> slots = new HashMap<>();
  private final FaultWaiters waiters;
  private final Acknowledgements acknowledgements;
  private final Runnable onComplete;
  private final LongAdder demandPages = new LongAdder();
  private final LongAdder drainPages = new LongAdder();
  private final LongAdder zeroPages = new LongAdder();
  private final LongAdder duplicatePages = new LongAdder();
  private final AtomicLong presentPages = new AtomicLong();
  private final AtomicLong digest = new AtomicLong();

  /** Installs into {@code memory}, whose slots all have userfault on with every bit set. */
  PageInstaller(
      GuestMemory memory,
      FaultWaiters waiters,
      Acknowledgements acknowledgements,
      Runnable onComplete) {
    this.memory = memory;
    this.waiters = waiters;
    this.acknowledgements = acknowledgements;
    this.onComplete = onComplete;
    for (MemorySlot slot : memory.slots()) {
      UserfaultBitmap userfault = slot.userfault();
      if (userfault == null) {
        throw new IllegalArgumentException("Userfault is off for slot " + slot.id() + ".");
      }
      slots.put(slot.id(), new SlotPages(userfault, slot.newBitmap(), slot.countFirstTouches()));
    }
  }

  /**
   * Takes the zero-page map of a slot: pages that are clear in {@code nonzero} are present and
   * zero, without bytes and without memory. Before any vCPU runs.
   */
  void acceptZeroPages(MemorySlot slot, PageBitmap nonzero) {
    SlotPages pages = pages(slot);
    long from = nonzero.nextClear(0);
    while (from >= 0) {
      long next = nonzero.nextSet(from);
      long end = next < 0 ? slot.pageCount() : next;
      pages.claimed().setRange(from, end - from);
      pages.userfault().allowRange(from, end - from);
      zeroPages.add(end - from);
      presentPages.addAndGet(end - from);
      from = nonzero.nextClear(end);
    }
  }

  /** Where one lane's frames go. */
  PageSink sink(Origin origin) {
    return new LaneSink(origin);
  }

  private final class LaneSink implements PageSink {
    private final Origin origin;

    LaneSink(Origin origin) {
      this.origin = origin;
    }

    @Override
    public void pages(
        MemorySlot slot, long firstPage, int pageCount, Payload payload, long arrivalNanos) {
      install(slot, firstPage, pageCount, payload, arrivalNanos);
    }

    @Override
    public void zeros(MemorySlot slot, long firstPage, int pageCount, long arrivalNanos) {
      install(slot, firstPage, pageCount, null, arrivalNanos);
    }

    private void install(
        MemorySlot slot,
        long firstPage,
        int pageCount,
        @Nullable Payload payload,
        long arrivalNanos) {
      SlotPages pages = PageInstaller.this.pages(slot);
      long end = firstPage + pageCount;
      long page = firstPage;
      while (page < end) {
        long first = page;
        long most = Math.min(end, first + (waiters.areWaiting() ? WAITED_RUN : LONGEST_RUN));
        while (page < most && pages.claimed().set(page)) {
          page++;
        }
        if (page > first) {
          installRun(slot, pages, first, page - first, payload, arrivalNanos);
        }
        if (page < most) {
          page++;
          duplicatePages.increment();
          if (payload != null) {
            payload.skipPage();
          }
        }
      }
      if (isComplete()) {
        onComplete.run();
      } else if (origin == Origin.DRAIN) {
        acknowledgements.flush();
      }
    }

    /** Pages that this lane has claimed. */
    private void installRun(
        MemorySlot slot,
        SlotPages pages,
        long first,
        long count,
        @Nullable Payload payload,
        long arrivalNanos) {
      try {
        if (payload == null) {
          // It may have been populated in expectation of something.
          slot.discard(first, count);
        } else {
          fill(slot, first, count, payload);
        }
      } catch (RuntimeException | Error e) {
        // Not installed, and so for the next arrival to install.
        pages.claimed().clearRange(first, count);
        throw e;
      }
      boolean awaited = waiters.stamp(slot.id(), first, count, origin, arrivalNanos);
      if (origin == Origin.DEMAND && payload != null && !(awaited && count == 1)) {
        pages.firstTouches().mark(first, count);
      }
      pages.userfault().allowRange(first, count);
      try {
        waiters.wake(slot.id(), first, count);
      } finally {
        counter(payload).add(count);
        presentPages.addAndGet(count);
        acknowledgements.add(slot.id(), first, count);
      }
    }

    private void fill(MemorySlot slot, long first, long count, Payload payload) {
      slot.written().setRange(first, count);
      if (count >= POPULATED_RUN) {
        slot.populate(first, count);
      }
      long sum = 0;
      for (long page = first; page < first + count; page++) {
        payload.copyPageTo(slot, page);
        sum += PageHash.contribution(slot, page);
      }
      digest.addAndGet(sum);
    }

    private LongAdder counter(@Nullable Payload payload) {
      if (payload == null) {
        return zeroPages;
      }
      return origin == Origin.DEMAND ? demandPages : drainPages;
    }
  }

  private SlotPages pages(MemorySlot slot) {
    SlotPages pages = slots.get(slot.id());
    if (pages == null) {
      throw new IllegalArgumentException("Slot " + slot.id() + " is not part of this guest.");
    }
    return pages;
  }

  /** Whether every page is present. */
  boolean isComplete() {
    return presentPages.get() == memory.pageCount();
  }

  /** Pages installed from urgent lanes, with bytes. */
  long demandPages() {
    return demandPages.sum();
  }

  /** Of the demand pages, those that nobody waited for. */
  long prefetchedPages() {
    return slots.values().stream().mapToLong(pages -> pages.firstTouches().marks()).sum();
  }

  /** Of the prefetched pages, those that a vCPU has touched since. */
  long prefetchHits() {
    return slots.values().stream().mapToLong(pages -> pages.firstTouches().touches()).sum();
  }

  /** Pages installed from the drain, with bytes. */
  long drainPages() {
    return drainPages.sum();
  }

  /** Pages known to be zero, from the map at switchover or a frame without bytes. */
  long zeroPages() {
    return zeroPages.sum();
  }

  /** Pages that arrived again and were dropped. */
  long duplicatePages() {
    return duplicatePages.sum();
  }

  /** Pages accessible to the guest. */
  long presentPages() {
    return presentPages.get();
  }

  /** Pages by state and origin, as the admin service shows them. */
  PageCounts counts() {
    return PageCounts.newBuilder()
        .setTotal(memory.pageCount())
        .setDemand(demandPages())
        .setDrain(drainPages())
        .setZero(zeroPages())
        .setDuplicate(duplicatePages())
        .setPrefetched(prefetchedPages())
        .setPrefetchHits(prefetchHits())
        .setPresent(presentPages())
        .build();
  }

  /** How much of the guest is still at {@code source} alone, in words. */
  String missing(String source) {
    long missing = memory.pageCount() - presentPages();
    return missing == 0
        ? "every page had arrived, and the source keeps none"
        : "%d of %d pages never arrived; the source %s has them, but nothing of what the guest did here"
            .formatted(missing, memory.pageCount(), source);
  }

  /** Sum of the hashes of what was installed, read back from guest memory; see {@link PageHash}. */
  long digest() {
    return digest.get();
  }
}
