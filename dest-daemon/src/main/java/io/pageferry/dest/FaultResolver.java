package io.pageferry.dest;

import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.memory.FirstTouches;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.UserfaultBitmap;
import io.pageferry.rpc.DrivenLoop;
import io.pageferry.rpc.ThreadSlice;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns a userfault exit into a fetch and waits until the page's bit is clear. Called on vCPU
 * threads, each for its own vCPU.
 *
 * <p>A page is fetched once however many vCPUs fault on it: whoever sets its wanted bit sends. The
 * wait ends when the bit is clear or the vCPU is kicked; a lost lane leaves the vCPU waiting, which
 * is what POSTCOPY_PAUSED means to the guest.
 */
final class FaultResolver implements FaultHandler {
  /** A vCPU's way to the source. */
  interface Fetcher {
    /**
     * Asks for one page, and for those that are to follow it, unless it has come meanwhile; then
     * waits as {@link #await} does. By the vCPU's thread.
     *
     * @return when the request was written to the connection
     */
    long fetch(int slotId, long page, Prefetch prefetch, BooleanSupplier done);

    /** Waits until {@code done}, or shorter. By the vCPU's thread. */
    void await(BooleanSupplier done);

    /** Makes {@code waiter}, the vCPU's thread, ask its condition again. Any thread. */
    void wake(Thread waiter);
  }

  /** What a vCPU waits for: that its page's bit is clear, or that it is kicked. */
  private static final class Wait implements BooleanSupplier {
    private @Nullable Vcpu vcpu;
    private @Nullable UserfaultBitmap userfault;
    private long page;

    void begin(Vcpu waiter, UserfaultBitmap bitmap, long awaited) {
      if (vcpu == null) {
        // The vCPU's thread is to be given a core as soon as its page is there.
        ThreadSlice.shorten();
      }
      vcpu = waiter;
      userfault = bitmap;
      page = awaited;
    }

    @Override
    public boolean getAsBoolean() {
      return userfault == null || vcpu == null || !userfault.faults(page) || vcpu.kicked();
    }
  }

  private record SlotPages(UserfaultBitmap userfault, FirstTouches wanted) {}

  private final GuestMemory memory;
  private final Map<Integer, SlotPages> slots = new HashMap<>();
  private final FaultWaiters waiters;
  private final List<? extends Fetcher> fetchers;
  private final Wait[] waits;
  private final PrefetchPolicy[] policies;
  private final FaultTimings timings;

  /**
   * A resolver.
   *
   * @param fetchers one for each vCPU
   * @param prefetch what is fetched ahead of need
   */
  FaultResolver(
      GuestMemory memory,
      FaultWaiters waiters,
      List<? extends Fetcher> fetchers,
      PrefetchPolicy.Kind prefetch,
      FaultTimings timings) {
    this.memory = memory;
    this.waiters = waiters;
    this.fetchers = fetchers;
    this.waits = fetchers.stream().map(fetcher -> new Wait()).toArray(Wait[]::new);
    this.policies =
        fetchers.stream().map(fetcher -> prefetch.create()).toArray(PrefetchPolicy[]::new);
    this.timings = timings;
    for (MemorySlot slot : memory.slots()) {
      UserfaultBitmap userfault = slot.userfault();
      if (userfault == null) {
        throw new IllegalArgumentException("Userfault is off for slot " + slot.id() + ".");
      }
      slots.put(slot.id(), new SlotPages(userfault, slot.countFirstTouches()));
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
    Wait wait = waits[index];
    wait.begin(vcpu, pages.userfault(), page);
    waiters.announce(index, slot.id(), page);
    long sentNanos = exitNanos;
    while (!wait.getAsBoolean()) {
      if (pages.wanted().ask(page)) {
        Prefetch prefetch = policies[index].plan(slot.id(), page);
        sentNanos = fetchers.get(index).fetch(slot.id(), page, prefetch, wait);
      } else {
        fetchers.get(index).await(wait);
      }
    }
    if (!pages.userfault().faults(page)) {
      pages.wanted().answered(page);
    }
    waiters.withdraw(index);
    timings.record(
        index,
        PageGeometry.pages(fault.guestPhysicalAddress()),
        exitNanos,
        sentNanos,
        waiters.arrivedNanos(index),
        waiters.installedNanos(index));
  }

  @Override
  public void runVcpuThread(Runnable life) {
    DrivenLoop.runWithPools(life);
  }

  @Override
  public void kicked(Vcpu vcpu) {
    waiters.wake(vcpu.index());
  }
}
