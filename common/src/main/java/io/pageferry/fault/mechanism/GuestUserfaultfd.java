package io.pageferry.fault.mechanism;

import io.pageferry.fault.KernelFaults;
import io.pageferry.memory.PageGeometry;
import io.pageferry.userfaultfd.NativeTouch;
import io.pageferry.userfaultfd.UserfaultCaller;
import io.pageferry.userfaultfd.UserfaultEvents;
import io.pageferry.userfaultfd.Userfaultfd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

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

  /** The calling thread's calls. */
  UserfaultCaller caller() {
    return callers.get();
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
