package io.pageferry.dest;

import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.UserfaultBitmap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Turns a userfault exit into a fetch and waits until the page's bit is clear. Called on vCPU
 * threads, each for its own vCPU.
 *
 * <p>A page is fetched once however many vCPUs fault on it: whoever sets its requested bit sends.
 * The wait ends when the bit is clear or the vCPU is kicked; a lost lane leaves the vCPU waiting,
 * which is what POSTCOPY_PAUSED means to the guest.
 */
final class FaultResolver implements FaultHandler {
  /** Sends a fetch on the urgent lane. */
  interface Fetcher {
    /** Asks for one page; thread-safe, does not block. */
    void fetch(int slotId, long page);
  }

  private record SlotPages(UserfaultBitmap userfault, PageBitmap requested) {}

  private final GuestMemory memory;
  private final Map<Integer, SlotPages> slots = new HashMap<>();
  private final FaultWaiters waiters;
  private final Fetcher fetcher;
  private final FaultTimings timings;

  FaultResolver(GuestMemory memory, FaultWaiters waiters, Fetcher fetcher, FaultTimings timings) {
    this.memory = memory;
    this.waiters = waiters;
    this.fetcher = fetcher;
    this.timings = timings;
    for (MemorySlot slot : memory.slots()) {
      UserfaultBitmap userfault = slot.userfault();
      if (userfault == null) {
        throw new IllegalArgumentException("Userfault is off for slot " + slot.id() + ".");
      }
      slots.put(slot.id(), new SlotPages(userfault, slot.newBitmap()));
    }
  }

  @Override
  public void resolve(Vcpu vcpu, VcpuExit.MemoryFault fault) {
    long exitNanos = System.nanoTime();
    MemorySlot slot = memory.slotAt(fault.guestPhysicalAddress());
    SlotPages pages = slot == null ? null : slots.get(slot.id());
    if (slot == null || pages == null) {
      throw new IllegalStateException("A vCPU faulted outside every slot: " + fault + ".");
    }
    long page = PageGeometry.pages(fault.guestPhysicalAddress() - slot.base());
    int index = vcpu.index();
    waiters.announce(index, slot.id(), page);
    long sentNanos = exitNanos;
    while (pages.userfault().faults(page) && !vcpu.kicked()) {
      if (pages.requested().set(page)) {
        fetcher.fetch(slot.id(), page);
        sentNanos = System.nanoTime();
      }
      if (pages.userfault().faults(page) && !vcpu.kicked()) {
        LockSupport.park(this);
      }
    }
    waiters.withdraw(index);
    timings.record(
        index, exitNanos, sentNanos, waiters.arrivedNanos(index), waiters.installedNanos(index));
  }
}
