package io.pageferry.source;

import io.grpc.ServerCall;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.rpc.PollingLoop;
import io.pageferry.wire.Demand;
import io.pageferry.wire.OutgoingFrame;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The urgent lane: answers each fetch at once, on the event loop that read it. Takes no further
 * fetch while the connection cannot take an answer.
 */
final class DemandLane extends Lane<Demand> {
  /** Most pages in one fetch. */
  static final int MAX_FETCH_PAGES = 256;

  /** Most pages that follow one fetch. */
  static final int MAX_PREFETCH_PAGES = 64;

  private final LaneRegistry registry;

  /** A page that is sent again; see {@link PageLedger#copyUnlessReleased}. */
  private final MemorySegment copy = MemorySegment.ofArray(new byte[PageGeometry.PAGE_SIZE]);

  private @Nullable SourceMigration migration;
  private boolean owesRequest;

  DemandLane(ServerCall<Demand, OutgoingFrame> call, LaneRegistry registry) {
    super(call);
    this.registry = registry;
  }

  @Override
  String name() {
    return "urgent";
  }

  @Override
  void receive(Demand message) {
    SourceMigration attached = migration;
    if (attached == null) {
      LaneHello hello = message.hello();
      attached = registry.attach(hello == null ? LaneHello.getDefaultInstance() : hello, this);
      migration = attached;
      send(OutgoingFrame.ATTACHED);
    } else {
      fetch(attached, message);
      prefetch(attached, message);
      attached.checkComplete();
      PollingLoop.expectMore();
    }
    if (isReady()) {
      request(1);
    } else {
      owesRequest = true;
    }
  }

  private void fetch(SourceMigration attached, Demand demand) {
    PageLedger ledger = attached.frozenPages();
    int count = demand.pageCount();
    long first = demand.firstPage();
    if (count > MAX_FETCH_PAGES) {
      throw new PageFerryException(
          ErrorCode.INVALID_ARGUMENT,
          "A fetch may name "
              + MAX_FETCH_PAGES
              + " pages, not "
              + Integer.toUnsignedString(count)
              + ".");
    }
    MemorySlot slot = ledger.slot(demand.slotId(), first, count);
    for (long page = first; page < first + count; page++) {
      send(answer(ledger, slot, page));
    }
    attached.drainCursor().faulted(slot, first);
  }

  /** Pages that exist, hold something and were not sent; those in a row share a frame. */
  private void prefetch(SourceMigration attached, Demand demand) {
    PageLedger ledger = attached.frozenPages();
    MemorySlot slot = ledger.slot(demand.slotId(), 0, 1);
    int count =
        Integer.compareUnsigned(demand.prefetchCount(), MAX_PREFETCH_PAGES) < 0
            ? demand.prefetchCount()
            : MAX_PREFETCH_PAGES;
    long first = 0;
    int run = 0;
    for (int i = 0; i < count; i++) {
      long page = demand.prefetchFirst() + i * demand.prefetchStep();
      if (page < 0
          || page >= slot.pageCount()
          || !ledger.hasContent(slot, page)
          || !ledger.markSent(slot, page)) {
        continue;
      }
      if (run > 0 && page != first + run) {
        send(OutgoingFrame.bytes(slot, first, run));
        run = 0;
      }
      first = run == 0 ? page : first;
      run++;
    }
    if (run > 0) {
      send(OutgoingFrame.bytes(slot, first, run));
    }
  }

  private OutgoingFrame answer(PageLedger ledger, MemorySlot slot, long page) {
    if (!ledger.hasContent(slot, page)) {
      return OutgoingFrame.zeros(slot, page, 1);
    }
    if (ledger.markSent(slot, page)) {
      return OutgoingFrame.bytes(slot, page, 1);
    }
    return ledger.copyUnlessReleased(slot, page, copy)
        ? OutgoingFrame.copied(slot, page, copy)
        : OutgoingFrame.acknowledged(slot, page);
  }

  @Override
  void becameReady() {
    if (owesRequest && isReady()) {
      owesRequest = false;
      request(1);
    }
  }

  @Override
  void lost(String why) {
    if (migration != null) {
      migration.laneLost(why);
    }
  }
}
