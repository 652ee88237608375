package io.pageferry.dest;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.wire.PageSink;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A destination's memory with every page faulting, its installer, and what it acknowledges. */
final class Incoming implements AutoCloseable {
  static final int SLOT = 3;

  final GuestMemory memory;
  final MemorySlot slot;
  final List<DrainRequest> acknowledged = new CopyOnWriteArrayList<>();
  final Acknowledgements acknowledgements = new Acknowledgements(acknowledged::add);
  final FaultWaiters waiters;
  final PageInstaller installer;
  final PageSink demand;
  final PageSink drain;

  Incoming(long pages, FaultWaiters waiters) {
    memory =
        GuestMemory.anonymous(
            List.of(new SlotLayout(SLOT, 0x8000_0000L, PageGeometry.bytes(pages))));
    slot = memory.slots().getFirst();
    var _ = slot.enableUserfault();
    this.waiters = waiters;
    installer = new PageInstaller(memory, waiters, acknowledgements, acknowledgements::flush);
    demand = installer.sink(PageInstaller.Origin.DEMAND);
    drain = installer.sink(PageInstaller.Origin.DRAIN);
  }

  static Incoming ofPages(long pages) {
    return new Incoming(pages, new FaultWaiters(1, (vcpu, waiter) -> {}));
  }

  boolean faults(long page) {
    var userfault = slot.userfault();
    return userfault != null && userfault.faults(page);
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
  static PageSink.Payload filledWith(long value) {
    return new PageSink.Payload() {
      @Override
      public void copyPageTo(MemorySlot target, long page) {
        long base = PageGeometry.bytes(page);
        for (int word = 0; word < 512; word++) {
          target.segment().set(JAVA_LONG, base + 8L * word, value);
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
