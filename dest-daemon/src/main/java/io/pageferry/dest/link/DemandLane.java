package io.pageferry.dest.link;

import io.grpc.MethodDescriptor;
import io.pageferry.dest.fault.PageFetcher;
import io.pageferry.dest.prefetch.Prefetch;
import io.pageferry.dest.timing.Fault;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.SlotPages;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.rpc.loop.DrivenLoop;
import io.pageferry.wire.Demand;
import io.pageferry.wire.FrameSize;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The demand lane of one vCPU, or of the thread that resolves the faults of devices and is a vCPU
 * here. Its thread sends the fetch, waits for the page and installs it, all without a hand-off to
 * another thread; see {@link DrivenLoop}.
 *
 * <p>{@link #fetch} and {@link #await} belong to the vCPU's thread; {@link #ask}, {@link #wake} and
 * the rest to any.
 */
public final class DemandLane implements PageFetcher, AutoCloseable {
  private final GuestPages pages;
  private final DrivenLoop loop;
  private final Lane<Demand> lane;
  private volatile boolean lost;

  /** Whether prefetched pages may lie unread in the connection. The vCPU's thread only. */
  private boolean moreMayHaveCome;

  /**
   * Connects and says hello.
   *
   * @param method the call, which installs what comes
   * @param listener told once, when the lane ends other than by {@link #close}
   */
  DemandLane(
      int number,
      String source,
      GuestPages pages,
      MethodDescriptor<Demand, FrameSize> method,
      LaneHello hello,
      LaneListener listener) {
    this.pages = pages;
    loop = new DrivenLoop("demand-lane-" + number);
    // A vCPU that finds the lane lost may tell the others at once.
    LaneListener noted =
        (name, status) -> {
          lost = true;
          listener.laneEnded(name, status);
        };
    lane =
        new Lane<>(
            "demand", source, new RpcChannel(loop, source), method, Demand.hello(hello), noted);
  }

  @Override
  public long fetch(int slotId, long page, Prefetch prefetch, BooleanSupplier done) {
    if (!loop.enter()) {
      parkUnless(done);
      return Fault.NOT_SENT;
    }
    try {
      if (moreMayHaveCome) {
        loop.look();
        // Not if the vCPU is merely kicked: others may count on this request.
        if (isPresent(slotId, page)) {
          return Fault.NOT_SENT;
        }
      }
      moreMayHaveCome = prefetch.count() > 0;
      lane.send(demand(slotId, page, prefetch));
      loop.flush();
      long sentNanos = System.nanoTime();
      loop.await(done);
      return sentNanos;
    } finally {
      loop.exit();
    }
  }

  @Override
  public boolean isLost() {
    return lost;
  }

  @Override
  public void ask(int slotId, long page, Prefetch prefetch) {
    lane.send(demand(slotId, page, prefetch));
  }

  @Override
  public void serve(int descriptor, Runnable action, BooleanSupplier over) {
    if (!loop.enter()) {
      return;
    }
    try {
      int[] events = {0};
      Runnable endWatch =
          loop.watch(
              descriptor,
              () -> {
                events[0]++;
                action.run();
              });
      while (!over.getAsBoolean() && !loop.isShuttingDown()) {
        int seen = events[0];
        // Each event ends a wait, so that the loop learns how long they usually are.
        loop.await(() -> events[0] != seen || over.getAsBoolean());
      }
      endWatch.run();
    } finally {
      loop.exit();
    }
  }

  private static Demand demand(int slotId, long page, Prefetch prefetch) {
    Demand fetch = Demand.fetch(slotId, page, 1);
    return prefetch.count() == 0
        ? fetch
        : fetch.thenPrefetch(prefetch.firstPage(), prefetch.step(), prefetch.count());
  }

  private boolean isPresent(int slotId, long page) {
    SlotPages slot = pages.find(slotId);
    return slot != null && slot.states().isPresent(page);
  }

  @Override
  public void await(BooleanSupplier done) {
    if (!loop.enter()) {
      parkUnless(done);
      return;
    }
    try {
      loop.await(done);
    } finally {
      loop.exit();
    }
  }

  /** Entering the loop may have used up the wake-up that told of {@code done}. */
  private void parkUnless(BooleanSupplier done) {
    if (!done.getAsBoolean()) {
      LockSupport.park(this);
    }
  }

  @Override
  public void wake(Thread waiter) {
    loop.wake();
    LockSupport.unpark(waiter);
  }

  /** As {@link Lane#awaitAttached}. */
  void awaitAttached(long timeoutMillis) {
    lane.awaitAttached(timeoutMillis);
  }

  /** Bytes of frames taken in. */
  long bytesReceived() {
    return lane.bytesReceived();
  }

  /** Ends the call and the connection; whoever waits goes on waiting, parked. Idempotent. */
  @Override
  public void close() {
    lane.close();
  }
}
