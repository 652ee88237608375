package io.pageferry.dest.fault;

import io.pageferry.dest.prefetch.Prefetch;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.dest.timing.Fault;
import io.pageferry.dest.timing.FaultTimings;
import io.pageferry.fault.BlockingMechanism;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.KernelFaults;
import io.pageferry.fault.PageStates;
import io.pageferry.fault.SlotPages;
import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.host.ThreadSlice;
import io.pageferry.memory.PageGeometry;
import io.pageferry.rpc.loop.DrivenLoop;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Turns a userfault exit into a fetch and waits until the page is present; whatever trapped the
 * access. Called on vCPU threads, each for its own vCPU.
 *
 * <p>Of the vCPUs that fault on a page, the first asks for it ({@link RequestedPages}). The wait
 * ends when the page is present or the vCPU is kicked. When a lane is lost, what was asked for on
 * it is asked for again by those who wait for it, on a lane that is left; without one they wait,
 * which is what POSTCOPY_PAUSED means to the guest.
 */
public final class FaultResolver implements FaultHandler, AutoCloseable {
  /** Lifting the trap wakes a thread that the kernel has stopped. */
  private static final Waker KERNEL_WAKES = waiter -> {};

  /** What a vCPU waits for: that its page is present, that it is kicked, or that a lane ends. */
  private final class Wait implements BooleanSupplier {
    private @Nullable Vcpu vcpu;
    private @Nullable PageStates states;
    private long page;
    private int lossesSeen;

    /** Whether the page was asked for by this vCPU since the latest loss. */
    private boolean asked;

    void begin(Vcpu waiter, PageStates pages, long awaited) {
      if (vcpu == null) {
        // The vCPU's thread is to be given a core as soon as its page is there.
        ThreadSlice.shorten();
      }
      vcpu = waiter;
      states = pages;
      page = awaited;
      asked = false;
    }

    /** Whether it goes on, after a look at the lanes. */
    boolean isOver() {
      int seen = losses.get();
      if (seen != lossesSeen) {
        lossesSeen = seen;
        asked = false;
      }
      return getAsBoolean();
    }

    @Override
    public boolean getAsBoolean() {
      return states == null
          || vcpu == null
          || states.isPresent(page)
          || vcpu.kicked()
          || losses.get() != lossesSeen;
    }
  }

  private final GuestPages guest;
  private final FaultWaiters waiters;
  private final RequestedPages requested;
  private final Wait[] waits;
  private final Fault[] faults;
  private final PrefetchPolicy[] policies;
  private final FaultTimings timings;
  private volatile List<? extends PageFetcher> lanes = List.of();
  private @Nullable KernelFaultServer kernelFaults;

  /** Counts lost lanes, so that whoever waits looks again. */
  private final AtomicInteger losses = new AtomicInteger();

  /**
   * A resolver without lanes.
   *
   * @param prefetch what is fetched ahead of need
   */
  public FaultResolver(
      GuestPages guest,
      FaultWaiters waiters,
      int vcpus,
      PrefetchPolicy.Kind prefetch,
      FaultTimings timings) {
    this.guest = guest;
    this.waiters = waiters;
    this.requested = new RequestedPages(guest, vcpus);
    this.waits = Stream.generate(Wait::new).limit(vcpus).toArray(Wait[]::new);
    this.faults = IntStream.range(0, vcpus).mapToObj(Fault::new).toArray(Fault[]::new);
    this.policies = Stream.generate(prefetch::create).limit(vcpus).toArray(PrefetchPolicy[]::new);
    this.timings = timings;
  }

  /**
   * Fetches on these lanes, one for each vCPU, from now on; before vCPUs run. Starts a thread where
   * the kernel is to stop accesses.
   *
   * @param failed told, by that thread, if it cannot go on
   */
  public void fetchOn(List<? extends PageFetcher> demandLanes, Consumer<Throwable> failed) {
    lanes = demandLanes;
    KernelFaults reported = guest.kernelFaults();
    if (reported != null) {
      kernelFaults =
          new KernelFaultServer(guest, reported, waiters, requested, policies, demandLanes, failed);
      kernelFaults.start();
    }
  }

  @Override
  public boolean blocks(VcpuExit.MemoryFault exit) {
    SlotPages slot = guest.at(exit.guestPhysicalAddress());
    return slot != null && slot.mechanism() instanceof BlockingMechanism;
  }

  @Override
  public void resolve(Vcpu vcpu, VcpuExit.MemoryFault exit) {
    long exitNanos = System.nanoTime();
    long address = exit.guestPhysicalAddress();
    SlotPages slot = guest.at(address);
    if (slot == null) {
      throw new IllegalStateException("A vCPU faulted outside every slot: " + exit + ".");
    }
    int slotId = slot.slot().id();
    long page = PageGeometry.pages(address - slot.slot().base());
    int index = vcpu.index();
    Fault fault = faults[index];
    fault.begin(address, slotId, page, exitNanos);
    timings.began(fault);
    Wait wait = waits[index];
    wait.begin(vcpu, slot.states(), page);
    if (slot.mechanism() instanceof BlockingMechanism kernel) {
      touch(index, slot, page, kernel);
    } else {
      PageFetcher own = lanes.get(index);
      waiters.announce(index, slotId, page, own);
      while (!wait.isOver()) {
        fetchOrWait(index, slot, page, own, wait);
      }
    }
    if (slot.states().isPresent(page)) {
      requested.answered(slot, page);
      slot.mechanism().answer(page);
    }
    waiters.withdraw(index);
    fault.end(waiters.broughtBy(index), waiters.arrivedNanos(index), waiters.installedNanos(index));
    timings.ended(fault);
  }

  /** The kernel stops the vCPU's thread until the page has come, or the traps end. */
  private void touch(int vcpu, SlotPages slot, long page, BlockingMechanism kernel) {
    KernelFaultServer server = Objects.requireNonNull(kernelFaults);
    server.expect(vcpu);
    waiters.announce(vcpu, slot.slot().id(), page, KERNEL_WAKES);
    kernel.touch(page);
    long sent = server.sentNanos(vcpu);
    if (sent != Fault.NOT_SENT) {
      faults[vcpu].fetched(sent, server.planned(vcpu));
    }
    // The page's bytes may be in place a moment before it is present.
    while (!slot.states().isPresent(page) && slot.slot().trap() != null) {
      if (slot.states().state(page) == PageStates.State.MISSING && requested.ask(slot, page)) {
        // An arrival put it in place and then failed: the kernel reports no fault any more.
        server.ask(slot, page);
      }
      Thread.onSpinWait();
    }
  }

  private void fetchOrWait(int vcpu, SlotPages slot, long page, PageFetcher own, Wait wait) {
    PageFetcher lane = own.isLost() ? anyThatIsLeft() : own;
    if (lane == null || wait.asked || !requested.ask(slot, page)) {
      own.await(wait);
      return;
    }
    wait.asked = true;
    int slotId = slot.slot().id();
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

  private @Nullable PageFetcher anyThatIsLeft() {
    for (PageFetcher lane : lanes) {
      if (!lane.isLost()) {
        return lane;
      }
    }
    return null;
  }

  /** A lane has ended: whoever waits asks again for what was asked for on it. Any thread. */
  public void laneLost() {
    requested.forget();
    var _ = losses.incrementAndGet();
    for (int vcpu = 0; vcpu < waits.length; vcpu++) {
      waiters.wake(vcpu);
    }
    if (kernelFaults != null) {
      kernelFaults.laneLost();
    }
  }

  /** Ends its thread, if it has one; before lanes are closed, and not on an event loop. */
  @Override
  public void close() {
    if (kernelFaults != null) {
      kernelFaults.close();
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
