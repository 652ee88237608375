package io.pageferry.fault.mechanism;

import io.pageferry.fault.BlockingMechanism;
import io.pageferry.fault.KernelFaults;
import io.pageferry.fault.PageBytes;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageHash;
import io.pageferry.userfaultfd.PlaceResult;
import io.pageferry.userfaultfd.RegisterMode;
import io.pageferry.userfaultfd.UserfaultCaller;
import java.lang.foreign.MemorySegment;

/**
 * The kernel's userfaultfd, on the guest's real memory: pages that have not come have no memory,
 * and the kernel stops whoever accesses one, until the page is put in place and waiters are woken.
 *
 * <p>A load that the kernel stops would keep the JVM from its safepoints. So a vCPU does not map a
 * page before it has been touched from native code ({@link #touch}); which pages have been is the
 * vCPUs' second-stage page table, one for all of them. Everyone else tests a page's state before an
 * access.
 *
 * <p>INVARIANT: missing pages are filled by userfaultfd calls only; a system call on the range
 * would fail, and a plain write would wait for itself. Any thread.
 */
final class UserfaultfdMechanism implements BlockingMechanism {
  private final MemorySlot slot;
  private final GuestUserfaultfd guest;
  private final PageBitmap mapped;
  private boolean enabled;
  private boolean closed;

  /** Of a slot without traps. */
  UserfaultfdMechanism(MemorySlot slot, GuestUserfaultfd guest) {
    this.slot = slot;
    this.guest = guest;
    mapped = slot.newBitmap();
    guest.use();
  }

  @Override
  public MemorySlot slot() {
    return slot;
  }

  @Override
  public synchronized void enable() {
    slot.setTrap(this);
    trap(0, slot.pageCount());
    var _ =
        guest.userfaultfd().register(slot.hostAddress(), slot.sizeBytes(), RegisterMode.MISSING);
    enabled = true;
  }

  /**
   * {@inheritDoc} The page has to be touched again. If it has memory, the kernel does not stop the
   * touch: a page that is there cannot be made missing without losing it.
   */
  @Override
  public void trap(long first, long count) {
    mapped.clearRange(first, count);
  }

  @Override
  public boolean traps(long page) {
    return !mapped.get(page);
  }

  @Override
  public void touch(long page) {
    var _ = guest.toucher().read(slot.segment(), PageGeometry.bytes(page));
  }

  @Override
  public KernelFaults faults() {
    return guest;
  }

  @Override
  public long fill(long first, long count, PageBytes bytes) {
    MemorySegment staging = guest.staging();
    long sum = 0;
    for (long at = first; at < first + count; at += GuestUserfaultfd.STAGED_PAGES) {
      long pages = Math.min(GuestUserfaultfd.STAGED_PAGES, first + count - at);
      for (long page = 0; page < pages; page++) {
        bytes.copyPageTo(staging, PageGeometry.bytes(page));
      }
      copy(at, pages, staging.address());
      for (long page = at; page < at + pages; page++) {
        sum += PageHash.contribution(slot, page);
      }
    }
    return sum;
  }

  /** A page that is there already was put in place by an arrival that then failed. */
  private void copy(long first, long count, long source) {
    UserfaultCaller caller = guest.begin();
    try {
      copy(caller, first, PageGeometry.bytes(count), source);
    } finally {
      guest.end();
    }
  }

  private void copy(UserfaultCaller caller, long first, long bytes, long source) {
    long done = 0;
    while (done < bytes) {
      PlaceResult result = caller.copy(address(first) + done, source + done, bytes - done, false);
      done = advanced(done, caller, result);
    }
  }

  private void zero(long first, long count) {
    UserfaultCaller caller = guest.begin();
    try {
      zero(caller, first, PageGeometry.bytes(count));
    } finally {
      guest.end();
    }
  }

  private void zero(UserfaultCaller caller, long first, long bytes) {
    long done = 0;
    while (done < bytes) {
      PlaceResult result = caller.zero(address(first) + done, bytes - done, false);
      done = advanced(done, caller, result);
    }
  }

  private long advanced(long done, UserfaultCaller caller, PlaceResult result) {
    long now = done + caller.doneBytes();
    return switch (result) {
      case DONE -> now;
      case PRESENT -> now + PageGeometry.PAGE_SIZE;
      case CHANGING -> now;
      case UNMAPPED, ENDED, NO_MEMORY ->
          throw new IllegalStateException(
              "The kernel could not put pages of slot "
                  + slot.id()
                  + " in place ("
                  + result
                  + ").");
    };
  }

  private long address(long page) {
    return slot.hostAddress() + PageGeometry.bytes(page);
  }

  @Override
  public void fillZeros(long first, long count) {
    zero(first, count);
  }

  @Override
  public void leaveZeros(long first, long count) {
    zero(first, count);
  }

  @Override
  public boolean populates() {
    return false;
  }

  @Override
  public void lift(long first, long count) {
    UserfaultCaller caller = guest.begin();
    try {
      var _ = caller.wake(address(first), PageGeometry.bytes(count));
    } finally {
      guest.end();
    }
  }

  @Override
  public void answer(long page) {
    var _ = mapped.set(page);
  }

  @Override
  public synchronized void disable() {
    slot.removeTrap();
    if (enabled) {
      enabled = false;
      guest.userfaultfd().unregister(slot.hostAddress(), slot.sizeBytes());
    }
  }

  @Override
  public synchronized void close() {
    disable();
    if (!closed) {
      closed = true;
      guest.letGo();
    }
  }

  @Override
  public int bitsPerPage() {
    return 1;
  }
}
