package io.pageferry.bench.mechanism;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.pageferry.dest.fault.PageFetcher;
import io.pageferry.dest.prefetch.Prefetch;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.userfaultfd.UserfaultEvents;
import io.pageferry.userfaultfd.Userfaultfd;
import io.pageferry.wire.PageSink;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A source that is other memory of the same process: whoever asks for a page installs it at once.
 */
final class LocalSource implements PageFetcher {
  private static final long POLL_NANOS = 200_000;
  private static final int BLOCK_MILLIS = 5;
  private static final long WAIT_NANOS = 50_000;

  private final GuestMemory pages;
  private final PageSink sink;

  LocalSource(GuestMemory pages, PageSink sink) {
    this.pages = pages;
    this.sink = sink;
  }

  private record Bytes(MemorySegment from, long offset) implements PageSink.Payload {
    @Override
    public void copyPageTo(MemorySegment target, long to) {
      MemorySegment.copy(from, JAVA_BYTE, offset, target, JAVA_BYTE, to, PageGeometry.PAGE_SIZE);
    }

    @Override
    public void skipPage() {}
  }

  private void install(int slotId, long page) {
    MemorySlot slot = Objects.requireNonNull(pages.slot(slotId));
    sink.install(
        slot, page, 1, new Bytes(slot.segment(), PageGeometry.bytes(page)), System.nanoTime());
  }

  @Override
  public long fetch(int slotId, long page, Prefetch prefetch, BooleanSupplier done) {
    long sent = System.nanoTime();
    install(slotId, page);
    return sent;
  }

  @Override
  public boolean isLost() {
    return false;
  }

  @Override
  public void ask(int slotId, long page, Prefetch prefetch) {
    install(slotId, page);
  }

  /** Polls, and blocks for a while once nothing has come for long. */
  @Override
  public void serve(int descriptor, Runnable action, BooleanSupplier over) {
    // Not owned, and so not closed here.
    UserfaultEvents events = new UserfaultEvents(Userfaultfd.ofDescriptor(descriptor), 1);
    long quietSince = System.nanoTime();
    while (!over.getAsBoolean()) {
      if (events.await(0, -1)) {
        action.run();
        quietSince = System.nanoTime();
      } else if (System.nanoTime() - quietSince > POLL_NANOS) {
        var _ = events.await(BLOCK_MILLIS, -1);
      } else {
        Thread.onSpinWait();
      }
    }
  }

  @Override
  public void await(BooleanSupplier done) {
    if (!done.getAsBoolean()) {
      LockSupport.parkNanos(this, WAIT_NANOS);
    }
  }

  @Override
  public void wake(Thread waiter) {
    LockSupport.unpark(waiter);
  }
}
