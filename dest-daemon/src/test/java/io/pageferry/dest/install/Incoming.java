package io.pageferry.dest.install;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.pageferry.dest.fault.FaultWaiters;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.SlotPages;
import io.pageferry.fault.mechanism.UserfaultBitmapMechanism;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.wire.LaneKind;
import io.pageferry.wire.PageSink;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A destination's memory with every page faulting, its installer, and what it acknowledges. */
public final class Incoming implements AutoCloseable {
  /** Its only slot. */
  public static final int SLOT = 3;

  public final GuestMemory memory;
  public final MemorySlot slot;
  public final GuestPages guest;
  public final SlotPages pages;
  final List<DrainRequest> acknowledged = new CopyOnWriteArrayList<>();
  final Acknowledgements acknowledgements = new Acknowledgements();
  public final FaultWaiters waiters;
  public final PageInstaller installer;
  public final PageSink demand;
  public final PageSink drain;

  /** All of its pages are missing. */
  public Incoming(long pageCount, FaultWaiters waiters) {
    memory =
        GuestMemory.anonymous(
            List.of(new SlotLayout(SLOT, 0x8000_0000L, PageGeometry.bytes(pageCount))));
    slot = memory.slots().getFirst();
    guest = GuestPages.missing(memory, UserfaultBitmapMechanism::new);
    pages = guest.of(slot);
    this.waiters = waiters;
    acknowledgements.sendOn(acknowledged::add);
    acknowledgements.begin();
    installer = new PageInstaller(guest, waiters, acknowledgements);
    demand = installer.sink(LaneKind.DEMAND);
    drain = installer.sink(LaneKind.DRAIN);
  }

  /** The same where one vCPU may wait. */
  public static Incoming ofPages(long pages) {
    return new Incoming(pages, new FaultWaiters(1));
  }

  /** Whether an access to a page stops. */
  public boolean traps(long page) {
    return pages.mechanism().traps(page);
  }

  /** A page's word; every word of a page that came whole is the same. */
  long word(long page, int index) {
    return slot.segment().get(JAVA_LONG, PageGeometry.bytes(page) + 8L * index);
  }

  long acknowledgedPages() {
    return acknowledged.stream()
        .flatMap(message -> message.getInstalledList().stream())
        .mapToLong(range -> range.getPageCount())
        .sum();
  }

  /** Pages whose every word is {@code value}. */
  public static PageSink.Payload filledWith(long value) {
    return new PageSink.Payload() {
      @Override
      public void copyPageTo(MemorySegment target, long base) {
        for (int word = 0; word < 512; word++) {
          target.set(JAVA_LONG, base + 8L * word, value);
        }
      }

      @Override
      public void skipPage() {}
    };
  }

  @Override
  public void close() {
    memory.close();
  }
}
