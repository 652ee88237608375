package io.pageferry.fault.mechanism;

import io.pageferry.fault.KernelFaults;
import io.pageferry.memory.PageGeometry;
import io.pageferry.userfaultfd.NativeTouch;
import io.pageferry.userfaultfd.UserfaultCaller;
import io.pageferry.userfaultfd.UserfaultEvents;
import io.pageferry.userfaultfd.Userfaultfd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The userfaultfd of one guest, which its slots share, and what each thread needs to use it. Any
 * thread, but {@link #take}. Closed when the last slot has let it go.
 *
 * <p>Only accesses in user mode are stopped, which every process may ask for.
 */
final class GuestUserfaultfd implements KernelFaults {
  /** Pages that are put in place by one call. */
  static final int STAGED_PAGES = 64;

  private static final int EVENTS = 64;
  private static final int CLOSED = Integer.MIN_VALUE;
  private static final long CALL_NANOS = 50_000;

  private final Userfaultfd userfaultfd = Userfaultfd.open(true);
  private final ThreadLocal<UserfaultCaller> callers =
      ThreadLocal.withInitial(() -> new UserfaultCaller(userfaultfd));
  private final ThreadLocal<NativeTouch> touches = ThreadLocal.withInitial(NativeTouch::new);
  private final ThreadLocal<MemorySegment> staging =
      ThreadLocal.withInitial(
          () -> Arena.ofAuto().allocate(PageGeometry.bytes(STAGED_PAGES), PageGeometry.PAGE_SIZE));
  private final UserfaultEvents events;

  /** Slots that use it. */
  private int users;

  /** Calls that are under way; {@link #CLOSED} and more once it closes. */
  private final AtomicInteger calls = new AtomicInteger();

  /**
   * Open, and agreed with the kernel.
   *
   * @throws io.pageferry.userfaultfd.UserfaultUnavailableException if the host gives none
   */
  GuestUserfaultfd() {
    try {
      var _ = userfaultfd.handshake(0);
      events = new UserfaultEvents(userfaultfd, EVENTS);
    } catch (RuntimeException | Error e) {
      userfaultfd.close();
      throw e;
    }
  }

  Userfaultfd userfaultfd() {
    return userfaultfd;
  }

  /**
   * The calling thread's calls, until {@link #end}. INVARIANT: the descriptor is open meanwhile;
   * once it is closed, its number may be that of another guest's.
   *
   * @throws IllegalStateException if it is closed
   */
  UserfaultCaller begin() {
    if (calls.incrementAndGet() <= 0) {
      calls.decrementAndGet();
      throw new IllegalStateException("The guest's memory is about to be unmapped.");
    }
    return callers.get();
  }

  /** What {@link #begin} began is over. */
  void end() {
    calls.decrementAndGet();
  }

  /** The calling thread's accesses. */
  NativeTouch toucher() {
    return touches.get();
  }

  /** The calling thread's pages that are to be put in place. */
  MemorySegment staging() {
    return staging.get();
  }

  /** One more slot uses it. */
  synchronized void use() {
    users++;
  }

  /** A slot uses it no longer; nobody waits for events by then. */
  synchronized void letGo() {
    users--;
    if (users == 0) {
      calls.addAndGet(CLOSED);
      while (calls.get() != CLOSED) {
        // A call takes microseconds.
        LockSupport.parkNanos(CALL_NANOS);
      }
      userfaultfd.close();
    }
  }

  @Override
  public int descriptor() {
    return userfaultfd.descriptor();
  }

  @Override
  public void take(Sink sink) {
    int count = events.read();
    for (int event = 0; event < count; event++) {
      if (events.kind(event) == UserfaultEvents.Kind.PAGE_FAULT) {
        sink.raised(events.address(event));
      }
    }
  }
}
