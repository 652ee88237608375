package io.pageferry.dest.install;

import io.pageferry.dest.fault.FaultWaiters;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.PageStates;
import io.pageferry.fault.SlotPages;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.wire.LaneKind;
import io.pageferry.wire.PageSink;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Puts arriving pages in place: claim, fill, add to the digest, make present, lift the trap, wake
 * who waits, acknowledge. How a page is filled and its trap lifted, the slot's mechanism knows.
 *
 * <p>INVARIANT (rule 1): a page becomes present, and its trap is lifted, with release, after its
 * bytes are in place. INVARIANT (rule 2): whoever claims a page installs it; every later arrival is
 * dropped without a look at its bytes, so nothing that the guest wrote is ever overwritten. Whoever
 * fails at it gives the page back, while it is still trapped, and the next arrival installs it.
 *
 * <p>All lanes call it at once: the drain lane on its event loop, a demand lane on its vCPU's
 * thread.
 */
public final class PageInstaller {
  /** Pages of a frame that are installed before their traps are lifted together. */
  private static final int LONGEST_RUN = 64;

  /** The same while a vCPU waits, perhaps for one of them. */
  private static final int WAITED_RUN = 8;

  private final GuestPages guest;
  private final FaultWaiters waiters;
  private final Acknowledgements acknowledgements;
  private final LongAdder demandPages = new LongAdder();
  private final LongAdder drainPages = new LongAdder();
  private final LongAdder zeroPages = new LongAdder();
  private final LongAdder duplicatePages = new LongAdder();
  private final AtomicLong digest = new AtomicLong();

  /** Installs the pages of {@code guest} that are missing. */
  public PageInstaller(GuestPages guest, FaultWaiters waiters, Acknowledgements acknowledgements) {
    this.guest = guest;
    this.waiters = waiters;
    this.acknowledgements = acknowledgements;
  }

  /** The pages that it installs. */
  public GuestPages pages() {
    return guest;
  }

  /** The memory that it installs them in. */
  public GuestMemory memory() {
    return guest.memory();
  }

  /** Where it notes what it has installed. */
  public Acknowledgements acknowledgements() {
    return acknowledgements;
  }

  /**
   * Takes the zero-page map of a slot: pages that are clear in {@code nonzero} are present and
   * zero, without bytes and without memory. Before any vCPU runs.
   */
  public void acceptZeroPages(MemorySlot slot, PageBitmap nonzero) {
    SlotPages pages = guest.of(slot);
    long from = nonzero.nextClear(0);
    while (from >= 0) {
      long next = nonzero.nextSet(from);
      long end = next < 0 ? slot.pageCount() : next;
      long count = pages.states().claim(from, end - from);
      pages.mechanism().leaveZeros(from, count);
      pages.states().present(from, count);
      pages.mechanism().lift(from, count);
      zeroPages.add(count);
      // A page that is not missing has come already.
      long beyond = from + Math.max(count, 1);
      from = beyond < slot.pageCount() ? nonzero.nextClear(beyond) : -1;
    }
  }

  /** What installs the pages that come on lanes of a kind. */
  public PageSink sink(LaneKind kind) {
    return new LaneSink(kind);
  }

  private final class LaneSink implements PageSink {
    private final LaneKind kind;

    LaneSink(LaneKind kind) {
      this.kind = kind;
    }

    @Override
    public void install(
        MemorySlot slot, long firstPage, int pageCount, Payload payload, long arrivalNanos) {
      installFrame(slot, firstPage, pageCount, payload, false, arrivalNanos);
    }

    @Override
    public void installZeros(MemorySlot slot, long firstPage, int pageCount, long arrivalNanos) {
      installFrame(slot, firstPage, pageCount, null, false, arrivalNanos);
    }

    @Override
    public void installLost(MemorySlot slot, long firstPage, int pageCount, long arrivalNanos) {
      installFrame(slot, firstPage, pageCount, null, true, arrivalNanos);
    }

    private void installFrame(
        MemorySlot slot,
        long firstPage,
        int pageCount,
        @Nullable Payload payload,
        boolean lost,
        long arrivalNanos) {
      SlotPages pages = guest.of(slot);
      PageStates states = pages.states();
      long end = firstPage + pageCount;
      long page = firstPage;
      while (page < end) {
        long most = Math.min(end - page, waiters.areWaiting() ? WAITED_RUN : LONGEST_RUN);
        long claimed = states.claim(page, most);
        if (claimed > 0) {
          installRun(pages, page, claimed, payload, lost, arrivalNanos);
          page += claimed;
        }
        if (claimed < most) {
          if (acknowledgements.isAnother() && states.isPresent(page)) {
            // The delivery that brings it may not be the one that was told of it.
            acknowledgements.add(slot.id(), page, 1);
          }
          page++;
          duplicatePages.increment();
          if (payload != null) {
            payload.skipPage();
          }
        }
      }
      if (kind == LaneKind.DRAIN || guest.isComplete()) {
        acknowledgements.flush();
      }
    }

    /** Pages that this lane has claimed. */
    private void installRun(
        SlotPages pages,
        long first,
        long count,
        @Nullable Payload payload,
        boolean lost,
        long arrivalNanos) {
      MemorySlot slot = pages.slot();
      try {
        if (payload == null) {
          pages.mechanism().fillZeros(first, count);
          if (lost) {
            // INVARIANT: before the page is present, so that nobody takes its zeros for its data.
            poison(slot, first, count);
          }
        } else {
          slot.written().setRange(first, count);
          digest.addAndGet(pages.mechanism().fill(first, count, payload));
        }
      } catch (RuntimeException | Error e) {
        // Not installed, and so for the next arrival to install.
        pages.states().giveBack(first, count);
        throw e;
      }
      boolean awaited = waiters.stamp(slot.id(), first, count, kind, arrivalNanos);
      if (kind == LaneKind.DEMAND && payload != null && !(awaited && count == 1)) {
        pages.states().presentAhead(first, count);
      } else {
        pages.states().present(first, count);
      }
      pages.mechanism().lift(first, count);
      try {
        waiters.wake(slot.id(), first, count);
      } finally {
        counter(payload).add(count);
        acknowledgements.add(slot.id(), first, count);
      }
    }

    private void poison(MemorySlot slot, long first, long count) {
      for (long page = first; page < first + count; page++) {
        var _ = slot.poison(page);
      }
    }

    private LongAdder counter(@Nullable Payload payload) {
      if (payload == null) {
        return zeroPages;
      }
      return kind == LaneKind.DEMAND ? demandPages : drainPages;
    }
  }

  /** Pages installed from demand lanes, with bytes. */
  public long demandPages() {
    return demandPages.sum();
  }

  /** Pages installed from the drain, with bytes. */
  public long drainPages() {
    return drainPages.sum();
  }

  /** Pages that came without bytes: known to be zero, or lost. */
  public long zeroPages() {
    return zeroPages.sum();
  }

  /** Pages that arrived again and were dropped. */
  public long duplicatePages() {
    return duplicatePages.sum();
  }

  /** Pages by state and origin, as the admin service shows them. */
  public PageCounts counts() {
    return PageCounts.newBuilder()
        .setTotal(guest.pageCount())
        .setDemand(demandPages())
        .setDrain(drainPages())
        .setZero(zeroPages())
        .setDuplicate(duplicatePages())
        .setPrefetched(guest.aheadPages())
        .setPrefetchHits(guest.usedPages())
        .setPresent(guest.presentPages())
        .build();
  }

  /** How much of the guest is still at {@code source} alone, in words. */
  public String missing(String source) {
    long missing = guest.pageCount() - guest.presentPages();
    return missing == 0
        ? "every page had arrived, and the source keeps none"
        : "%d of %d pages never arrived; the source %s has them, but nothing of what the guest did here"
            .formatted(missing, guest.pageCount(), source);
  }

  /**
   * Sum of the hashes of what was installed, read back from guest memory; see {@link
   * io.pageferry.memory.PageHash}.
   */
  public long digest() {
    return digest.get();
  }
}
