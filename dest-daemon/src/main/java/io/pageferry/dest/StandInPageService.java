package io.pageferry.dest;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.proto.v1.DemandRequest;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.PageFrame;
import io.pageferry.proto.v1.PageRange;
import io.pageferry.proto.v1.PageServiceGrpc;
import io.pageferry.proto.v1.Prefetch;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for a source in a rehearsal: answers fetches with the pages of one slot, drains the
 * rest when told to, and ends the lanes when all are acknowledged. Any thread; one migration at a
 * time.
 */
final class StandInPageService extends PageServiceGrpc.PageServiceImplBase {
  private static final int FRAME_PAGES = 64;

  private final MemorySlot slot;
  private final int pages;
  private final List<StreamObserver<PageFrame>> lanes = new ArrayList<>();
  private final BitSet sent = new BitSet();
  private long acknowledged;
  private boolean drains;
  private @Nullable ServerCallStreamObserver<PageFrame> drainLane;

  /** Serves the pages of {@code slot}, which outlives it. */
  StandInPageService(MemorySlot slot) {
    this.slot = slot;
    this.pages = (int) slot.pageCount();
  }

  /** Another migration is about to come: no lane is attached, no page sent. */
  synchronized void begin() {
    lanes.clear();
    drainLane = null;
    drains = false;
    sent.clear();
    acknowledged = 0;
  }

  /** Sends all pages that were not sent yet. */
  synchronized void drain() {
    drains = true;
    pump();
  }

  private synchronized void attach(StreamObserver<PageFrame> lane) {
    lanes.add(lane);
    lane.onNext(PageFrame.getDefaultInstance());
  }

  private synchronized void answer(DemandRequest request, StreamObserver<PageFrame> lane) {
    send(lane, (int) request.getFetch().getFirstPage(), 1);
    Prefetch prefetch = request.getPrefetch();
    for (int i = 0; i < prefetch.getCount(); i++) {
      long page = prefetch.getFirstPage() + i * prefetch.getStep();
      if (page >= 0 && page < pages && !sent.get((int) page)) {
        send(lane, (int) page, 1);
      }
    }
  }

  private void send(StreamObserver<PageFrame> lane, int first, int count) {
    sent.set(first, first + count);
    lane.onNext(
        PageFrame.newBuilder()
            .setSlot(slot.id())
            .setFirstPage(first)
            .setPageCount(count)
            .setData(
                UnsafeByteOperations.unsafeWrap(
                    slot.segment()
                        .asSlice(PageGeometry.bytes(first), PageGeometry.bytes(count))
                        .asByteBuffer()))
            .build());
  }

  private synchronized void pump() {
    ServerCallStreamObserver<PageFrame> lane = drainLane;
    while (drains && lane != null && lane.isReady()) {
      int first = sent.nextClearBit(0);
      if (first >= pages) {
        return;
      }
      int next = sent.nextSetBit(first);
      int limit = Math.min(pages, first + FRAME_PAGES);
      send(lane, first, (next < 0 ? limit : Math.min(next, limit)) - first);
    }
  }

  private synchronized void acknowledge(DrainRequest message) {
    for (PageRange range : message.getInstalledList()) {
      acknowledged += range.getPageCount();
    }
    if (acknowledged == pages) {
      lanes.forEach(StreamObserver::onCompleted);
    }
  }

  @Override
  public StreamObserver<DemandRequest> demand(StreamObserver<PageFrame> frames) {
    return new Lane<>() {
      @Override
      public void onNext(DemandRequest request) {
        if (request.hasHello()) {
          attach(frames);
        } else {
          answer(request, frames);
        }
      }
    };
  }

  @Override
  public StreamObserver<DrainRequest> drain(StreamObserver<PageFrame> frames) {
    var lane = (ServerCallStreamObserver<PageFrame>) frames;
    lane.setOnReadyHandler(this::pump);
    return new Lane<>() {
      @Override
      public void onNext(DrainRequest request) {
        if (request.hasHello()) {
          attach(lane);
          drainLane(lane);
        } else {
          acknowledge(request);
        }
      }
    };
  }

  private synchronized void drainLane(ServerCallStreamObserver<PageFrame> lane) {
    drainLane = lane;
  }

  private abstract static class Lane<Q> implements StreamObserver<Q> {
    @Override
    public void onError(Throwable error) {
      // The destination knows, and the rehearsal is its own.
    }

    @Override
    public void onCompleted() {}
  }
}
