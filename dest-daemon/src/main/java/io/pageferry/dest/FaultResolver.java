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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Turns a userfault exit into a fetch and waits until the page's bit is clear. Called on vCPU
 * threads, each for its own vCPU.
 *
 * <p>A page is fetched once however many vCPUs fault on it: whoever sets its wanted bit sends. The
 * wait ends when the bit is clear or the vCPU is kicked. When a lane is lost, what was asked for on
 * it is asked for again by those who wait for it, on a lane that is left; without one they wait,
 * which is what POSTCOPY_PAUSED means to the guest.
 */
final class FaultResolver implements FaultHandler {
  /** A vCPU's way to the source. */
  interface Fetcher {
    /** What {@link #fetch} returns when it asked for nothing. */
    long NOT_SENT = 0;

    /**
     * Asks for one page, and for those that are to follow it, unless it has come meanwhile; then
     * waits as {@link #await} does. By the vCPU's thread.
     *
     * @return when the request was written to the connection, or {@link #NOT_SENT}
     */
    long fetch(int slotId, long page, Prefetch prefetch, BooleanSupplier done);

    /** Whether the lane has ended, so that nothing comes on it any more. Any thread. */
    boolean isLost();

    /** Asks for one page on behalf of another vCPU, and waits for nothing. Any thread. */
    void ask(int slotId, long page);

    /** Waits until {@code done}, or shorter. By the vCPU's thread. */
    void await(BooleanSupplier done);

    /** Makes {@code waiter}, the vCPU's thread, ask its condition again. Any thread. */
    void wake(Thread waiter);
  }

  /**
   * What a vCPU waits for: that its page's bit is clear, that it is kicked, or that a lane ends.
   */
  private final class Wait implements BooleanSupplier {
    private @Nullable Vcpu vcpu;
    private @Nullable UserfaultBitmap userfault;
    private long page;
    private int lossesSeen;

    void begin(Vcpu waiter, UserfaultBitmap bitmap, long awaited) {
      if (vcpu == null) {
        // The vCPU's thread is to be given a core as soon as its page is there.
        ThreadSlice.shorten();
      }
      vcpu = waiter;
      userfault = bitmap;
      page = awaited;
    }

    /** Whether it goes on, after a look at the lanes. */
    boolean isOver() {
      lossesSeen = losses.get();
      return getAsBoolean();
    }

    @Override
    public boolean getAsBoolean() {
      return userfault == null
          || vcpu == null
          || !userfault.faults(page)
          || vcpu.kicked()
          || losses.get() != lossesSeen;
    }
  }

  private record SlotPages(UserfaultBitmap userfault, FirstTouches wanted) {}

  private final GuestMemory memory;
  private final Map<Integer, SlotPages> slots = new HashMap<>();
  private final FaultWaiters waiters;
  private final List<? extends Fetcher> fetchers;
  private final Wait[] waits;
  private final Fault[] faults;
  private final PrefetchPolicy[] policies;
  private final FaultTimings timings;

  /** Counts lost lanes, so that whoever waits looks again. */
  private final AtomicInteger losses = new AtomicInteger();

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
    this.faults = IntStream.range(0, fetchers.size()).mapToObj(Fault::new).toArray(Fault[]::new);
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
  public void resolve(Vcpu vcpu, VcpuExit.MemoryFault exit) {
    long exitNanos = System.nanoTime();
    long address = exit.guestPhysicalAddress();
    MemorySlot slot = memory.slotAt(address);
    SlotPages pages = slot == null ? null : slots.get(slot.id());
    if (slot == null || pages == null) {
      throw new IllegalStateException("A vCPU faulted outside every slot: " + exit + ".");
    }
    long page = PageGeometry.pages(address - slot.base());
    int index = vcpu.index();
    Fault fault = faults[index];
    fault.begin(address, slot.id(), page, exitNanos);
    timings.began(fault);
    Wait wait = waits[index];
    wait.begin(vcpu, pages.userfault(), page);
    waiters.announce(index, slot.id(), page);
    while (!wait.isOver()) {
      fetchOrWait(index, slot.id(), page, pages.wanted(), wait);
    }
    if (!pages.userfault().faults(page)) {
      pages.wanted().answered(page);
    }
    waiters.withdraw(index);
    fault.end(waiters.lane(index), waiters.arrivedNanos(index), waiters.installedNanos(index));
    timings.ended(fault);
  }

  private void fetchOrWait(int vcpu, int slotId, long page, FirstTouches wanted, Wait wait) {
    Fetcher own = fetchers.get(vcpu);
    Fetcher lane = own.isLost() ? anyThatIsLeft() : own;
    if (lane == null || !wanted.ask(page)) {
      own.await(wait);
      return;
    }
    if (lane.equals(own)) {
      Prefetch prefetch = policies[vcpu].plan(slotId, page);
      faults[vcpu].fetched(own.fetch(slotId, page, prefetch, wait), prefetch);
    } else {
      lane.ask(slotId, page);
    }
    if (lane.isLost()) {
      // It may have ended before the request was sent, and after those that wait were told.
      laneLost();
    }
  }

  private @Nullable Fetcher anyThatIsLeft() {
    for (Fetcher fetcher : fetchers) {
      if (!fetcher.isLost()) {
        return fetcher;
      }
    }
    return null;
  }

  /** A lane has ended: whoever waits asks again for what was asked for on it. Any thread. */
  void laneLost() {
    for (MemorySlot slot : memory.slots()) {
      SlotPages pages = slots.get(slot.id());
      if (pages != null) {
        pages.wanted().forgetAsked(pages.userfault());
      }
    }
    var _ = losses.incrementAndGet();
    for (int vcpu = 0; vcpu < fetchers.size(); vcpu++) {
      waiters.wake(vcpu);
    }
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
