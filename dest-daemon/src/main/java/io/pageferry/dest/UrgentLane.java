package io.pageferry.dest;

import io.grpc.Status;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.UserfaultBitmap;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.rpc.DrivenLoop;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.wire.Demand;
import io.pageferry.wire.PageMethods;
import io.pageferry.wire.PageSink;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/**
 * The urgent lane of one vCPU, whose thread sends the fetch, waits for the page and installs it,
 * all without a hand-off to another thread; see {@link DrivenLoop}.
 *
 * <p>{@link #fetch} and {@link #await} belong to the vCPU's thread; {@link #ask}, {@link #wake} and
 * the rest to any.
 */
final class UrgentLane implements FaultResolver.Fetcher, AutoCloseable {
  private final GuestMemory memory;
  private final DrivenLoop loop;
  private final Lane<Demand> lane;
  private volatile boolean lost;

  /** Whether prefetched pages may lie unread in the connection. The vCPU's thread only. */
  private boolean moreMayHaveCome;

  /** Connects and says hello; parameters as for {@link Lane}. */
  UrgentLane(
      int vcpu,
      String source,
      GuestMemory memory,
      PageSink sink,
      LaneHello hello,
      BiConsumer<String, Status> onEnd) {
    this.memory = memory;
    loop = new DrivenLoop("urgent-lane-" + vcpu);
    // A vCPU that finds the lane lost may tell the others at once.
    BiConsumer<String, Status> noted =
        (name, status) -> {
          lost = true;
          onEnd.accept(name, status);
        };
    lane =
        new Lane<>(
            "urgent",
            source,
            new RpcChannel(loop, source),
            PageMethods.calledDemand(memory, sink),
            Demand.hello(hello),
            noted);
  }

  @Override
  public long fetch(int slotId, long page, Prefetch prefetch, BooleanSupplier done) {
    if (!loop.enter()) {
      parkUnless(done);
      return NOT_SENT;
    }
    try {
      if (moreMayHaveCome) {
        loop.look();
        // Not if the vCPU is merely kicked: others may count on this request.
        if (isPresent(slotId, page)) {
          return NOT_SENT;
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
  public void ask(int slotId, long page) {
    lane.send(Demand.fetch(slotId, page, 1));
  }

  private static Demand demand(int slotId, long page, Prefetch prefetch) {
    Demand fetch = Demand.fetch(slotId, page, 1);
    return prefetch.count() == 0
        ? fetch
        : fetch.thenPrefetch(prefetch.firstPage(), prefetch.step(), prefetch.count());
  }

  private boolean isPresent(int slotId, long page) {
    MemorySlot slot = memory.slot(slotId);
    UserfaultBitmap userfault = slot == null ? null : slot.userfault();
    return userfault != null && !userfault.faults(page);
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
