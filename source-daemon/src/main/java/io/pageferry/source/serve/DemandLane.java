package io.pageferry.source.serve;

import io.grpc.ServerCall;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.rpc.loop.PollingLoop;
import io.pageferry.source.image.Delivery;
import io.pageferry.telemetry.LatencyHistogram;
import io.pageferry.wire.Demand;
import io.pageferry.wire.OutgoingFrame;
import java.lang.foreign.MemorySegment;

/**
 * A demand lane: answers each fetch of a vCPU at once, on the event loop that read it. Takes no
 * further fetch while the connection cannot take an answer.
 */
final class DemandLane extends Lane<Demand> {
  /** Most pages in one fetch. */
  static final int MAX_FETCH_PAGES = 256;

  /** Most pages that follow one fetch. */
  static final int MAX_PREFETCH_PAGES = 64;

  /** A page that is sent again; see {@link Delivery#copyUnlessReleased}. */
  private final MemorySegment copy = MemorySegment.ofArray(new byte[PageGeometry.PAGE_SIZE]);

  private final DelayedAnswers<Fetch> delayed = new DelayedAnswers<>(this::answerLater);
  private boolean owesRequest;

  DemandLane(ServerCall<Demand, OutgoingFrame> call, Sessions sessions) {
    super(call, sessions);
  }

  @Override
  String name() {
    return "demand";
  }

  @Override
  LaneHello hello(Demand message) {
    LaneHello hello = message.hello();
    return hello == null ? LaneHello.getDefaultInstance() : hello;
  }

  @Override
  void attachTo(Session joined) {
    joined.attach(this);
  }

  /** How long answers were held back, where that was asked for. */
  LatencyHistogram delays() {
    return delayed.achieved();
  }

  @Override
  void receive(Session attached, Demand demand) {
    if (attached.answerDelayNanos() == 0) {
      answer(attached, demand);
    } else {
      delayed.hold(new Fetch(attached, demand), attached.answerDelayNanos());
    }
  }

  private record Fetch(Session session, Demand demand) {}

  private void answerLater(Fetch fetch) {
    try {
      answer(fetch.session, fetch.demand);
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }

  private void answer(Session attached, Demand demand) {
    Delivery delivery = attached.delivery();
    fetch(delivery, demand);
    prefetch(delivery, demand);
    attached.progressed();
    PollingLoop.expectMore();
  }

  private void fetch(Delivery delivery, Demand demand) {
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
    MemorySlot slot = delivery.image().slot(demand.slotId(), first, count);
    for (long page = first; page < first + count; page++) {
      send(answer(delivery, slot, page));
    }
    delivery.faulted(slot, first);
  }

  /** Pages that exist, hold something and were not sent; those in a row share a frame. */
  private void prefetch(Delivery delivery, Demand demand) {
    MemorySlot slot = delivery.image().slot(demand.slotId(), 0, 1);
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
          || !delivery.image().hasContent(slot, page)
          || !delivery.markSent(slot, page)) {
        continue;
      }
      if (run > 0 && (page != first + run || slot.isPoisoned(page) || slot.isPoisoned(first))) {
        send(delivery.frame(slot, first, run));
        run = 0;
      }
      first = run == 0 ? page : first;
      run++;
    }
    if (run > 0) {
      send(delivery.frame(slot, first, run));
    }
  }

  private OutgoingFrame answer(Delivery delivery, MemorySlot slot, long page) {
    if (!delivery.image().hasContent(slot, page)) {
      return OutgoingFrame.zeros(slot, page, 1);
    }
    if (delivery.markSent(slot, page)) {
      return delivery.frame(slot, page, 1);
    }
    if (slot.isPoisoned(page)) {
      return OutgoingFrame.lost(slot, page);
    }
    return delivery.copyUnlessReleased(slot, page, copy)
        ? OutgoingFrame.copied(slot, page, copy)
        : OutgoingFrame.acknowledged(slot, page);
  }

  @Override
  void requestNext() {
    if (isReady()) {
      request(1);
    } else {
      owesRequest = true;
    }
  }

  @Override
  void becameReady() {
    if (owesRequest && isReady()) {
      owesRequest = false;
      request(1);
    }
  }
}
