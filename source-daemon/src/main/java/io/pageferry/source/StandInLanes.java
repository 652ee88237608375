package io.pageferry.source;

import io.grpc.stub.StreamObserver;
import io.pageferry.memory.PageGeometry;
import io.pageferry.proto.v1.DemandRequest;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.proto.v1.MemorySlot;
import io.pageferry.proto.v1.PageFrame;
import io.pageferry.proto.v1.PageRange;
import io.pageferry.proto.v1.PageServiceGrpc;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.rpc.RpcChannel;
import java.util.BitSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The other ends of an urgent and a drain lane: fetch the pages of a guest with one slot in a
 * scattered order, one at a time, and acknowledge all that come. Event loops and any other thread.
 */
final class StandInLanes implements AutoCloseable {
  private static final long ATTACH_SECONDS = 5;

  /** Odd, so that its multiples reach every page of a memory whose pages are a power of two. */
  private static final long STRIDE = 0x9E3779B1L;

  private static final int RANGES = 32;

  private final MemorySlot slot;
  private final int pages;
  private final CountDownLatch attached = new CountDownLatch(2);
  private final RpcChannel urgent;
  private final RpcChannel drain;
  private final StreamObserver<DemandRequest> fetches;
  private final StreamObserver<DrainRequest> acknowledgements;
  private final BitSet present = new BitSet();
  private DrainRequest.Builder pending = DrainRequest.newBuilder();
  private long fetched;
  private boolean awaitsPage;

  /** Connects to the source that has sent {@code request}. */
  StandInLanes(PrepareRequest request) {
    slot = request.getSlots(0);
    pages = (int) PageGeometry.pages(slot.getSizeBytes());
    LaneHello hello =
        LaneHello.newBuilder()
            .setMigration(request.getMigration())
            .setProtocolVersion(request.getVersions().getMaximum())
            .build();
    urgent = new RpcChannel("rehearsal-urgent", request.getPageServiceAddress(), true);
    drain = new RpcChannel("rehearsal-drain", request.getPageServiceAddress(), true);
    acknowledgements = PageServiceGrpc.newStub(drain.channel()).drain(new Frames(false));
    acknowledgements.onNext(DrainRequest.newBuilder().setHello(hello).build());
    fetches = PageServiceGrpc.newStub(urgent.channel()).demand(new Frames(true));
    fetches.onNext(DemandRequest.newBuilder().setHello(hello).build());
  }

  private final class Frames implements StreamObserver<PageFrame> {
    private final boolean urgentLane;

    Frames(boolean urgentLane) {
      this.urgentLane = urgentLane;
    }

    @Override
    public void onNext(PageFrame frame) {
      if (attached.getCount() > 0) {
        attached.countDown();
        return;
      }
      synchronized (StandInLanes.this) {
        awaitsPage &= !urgentLane;
        take(frame);
        if (urgentLane) {
          fetchNext();
        }
      }
    }

    @Override
    public void onError(Throwable error) {
      // The source knows, and the rehearsal is its own.
    }

    @Override
    public void onCompleted() {}
  }

  /** Returns when the source has accepted both lanes. */
  void awaitAttached() {
    try {
      if (!attached.await(ATTACH_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("The lanes of a rehearsal were not accepted.");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void take(PageFrame frame) {
    int first = (int) frame.getFirstPage();
    if (present.nextClearBit(first) - first < frame.getPageCount()) {
      present.set(first, first + frame.getPageCount());
      pending.addInstalled(
          PageRange.newBuilder()
              .setSlot(slot.getId())
              .setFirstPage(first)
              .setPageCount(frame.getPageCount()));
    }
    // The last acknowledgement ends the migration; no fetch may be on its way then.
    boolean due = isComplete() ? !awaitsPage : pending.getInstalledCount() >= RANGES;
    if (due) {
      acknowledgements.onNext(pending.build());
      pending = DrainRequest.newBuilder();
    }
  }

  private boolean isComplete() {
    return present.nextClearBit(0) >= pages;
  }

  /** Asks for the next page that has not come, unless all have. */
  synchronized void fetchNext() {
    if (isComplete()) {
      return;
    }
    int page;
    do {
      page = (int) (fetched++ * STRIDE % pages);
    } while (present.get(page));
    awaitsPage = true;
    fetches.onNext(
        DemandRequest.newBuilder()
            .setFetch(
                PageRange.newBuilder().setSlot(slot.getId()).setFirstPage(page).setPageCount(1))
            .build());
  }

  @Override
  public void close() {
    urgent.close();
    drain.close();
  }
}
