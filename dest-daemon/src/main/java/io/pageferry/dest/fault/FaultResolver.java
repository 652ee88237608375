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
import io.pageferry.guest.AsynchronousFault;
import io.pageferry.guest.AsynchronousFaults;
import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.VcpuThreadException;
import io.pageferry.host.ThreadSlice;
import io.pageferry.memory.PageGeometry;
import io.pageferry.rpc.loop.DrivenLoop;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Turns a userfault into a fetch and waits until the page is present; whatever trapped the access.
 * Called on vCPU threads, each for its own vCPU, and by the thread that resolves the faults of
 * devices ({@link DeviceFaults}).
 *
 * <p>Of those that fault on a page, the first asks for it ({@link RequestedPages}). The wait ends
 * when the page is present or the vCPU is kicked. When a lane is lost, what was asked for on it is
 * asked for again by those who wait for it, on a lane that is left; without one they wait, which is
 * what POSTCOPY_PAUSED means to the guest.
 */
public final class FaultResolver implements FaultHandler, AutoCloseable {
  /** Lifting the trap wakes a thread that the kernel has stopped. */
  private static final Waker KERNEL_WAKES = waiter -> {};

  /** Threads beside the vCPUs' that wait for pages; each has a lane and a place among waiters. */
  public static final int DEVICE_THREADS = FaultWaiters.DEVICE_THREADS;

  /** What a thread waits for: that its page is present, that it is to stop, or that a lane ends. */
  private final class Wait implements BooleanSupplier {
    private final int index;
    private final Fault fault;
    private final PrefetchPolicy reads;

    /** A device's writes go on elsewhere than its reads do; a vCPU's are not told apart. */
    private final PrefetchPolicy writes;

    private @Nullable Object owner;
    private @Nullable BooleanSupplier stopped;
    private @Nullable PageStates states;
    private PrefetchPolicy policy;
    private long page;
    private int lossesSeen;

    /** Whether the page was asked for by this thread since the latest loss. */
    private boolean asked;

    Wait(int index, PrefetchPolicy reads, PrefetchPolicy writes) {
      this.index = index;
      this.fault = new Fault(index);
      this.reads = reads;
      this.writes = writes;
      this.policy = reads;
    }

    boolean belongsTo(Object waiter) {
      return waiter.equals(owner);
    }

    /** From now on, for the calling thread. */
    void giveTo(Object waiter, BooleanSupplier waiterStopped) {
      // The thread is to be given a core as soon as its page is there.
      ThreadSlice.shorten();
      owner = waiter;
      stopped = waiterStopped;
    }

    void begin(PageStates pages, long awaited, VcpuExit.Access access) {
      states = pages;
      page = awaited;
      policy = access == VcpuExit.Access.WRITE ? writes : reads;
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
          || stopped == null
          || states.isPresent(page)
          || stopped.getAsBoolean()
          || losses.get() != lossesSeen;
    }
  }

  private final GuestPages guest;
  private final FaultWaiters waiters;
  private final RequestedPages requested;

  /** Of each vCPU, then of {@link #devices}. */
  private final Wait[] waits;

  private final FaultTimings timings;
  private final DeviceFaults devices = new DeviceFaults(this);
  private volatile List<? extends PageFetcher> lanes = List.of();
  private @Nullable KernelFaultServer kernelFaults;

  /** Counts lost lanes, so that whoever waits looks again. */
  private final AtomicInteger losses = new AtomicInteger();

  /**
   * A resolver without lanes.
   *
   * @param waiters of the same number of vCPUs
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
    this.requested = new RequestedPages(guest, vcpus + DEVICE_THREADS);
    this.waits = new Wait[vcpus + DEVICE_THREADS];
    for (int vcpu = 0; vcpu < vcpus; vcpu++) {
      PrefetchPolicy policy = prefetch.create();
      waits[vcpu] = new Wait(vcpu, policy, policy);
    }
    waits[vcpus] = new Wait(vcpus, prefetch.create(), prefetch.create());
    this.timings = timings;
  }

  /**
   * Fetches on these lanes, one for each vCPU and then one for each of {@link #DEVICE_THREADS},
   * from now on; before vCPUs run. Starts a thread where the kernel is to stop accesses.
   *
   * @param failed told, by that thread, if it cannot go on
   */
  public void fetchOn(List<? extends PageFetcher> demandLanes, Consumer<Throwable> failed) {
    lanes = demandLanes;
    KernelFaults reported = guest.kernelFaults();
    if (reported != null) {
      PrefetchPolicy[] policies =
          Arrays.stream(waits, 0, waits.length - DEVICE_THREADS)
              .map(wait -> wait.reads)
              .toArray(PrefetchPolicy[]::new);
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
    long page = PageGeometry.pages(address - slot.slot().base());
    Wait wait = waits[vcpu.index()];
    if (!wait.belongsTo(vcpu)) {
      wait.giveTo(vcpu, vcpu::kicked);
    }
    Fault fault = wait.fault;
    fault.begin(address, slot.slot().id(), page, exitNanos);
    timings.began(fault);
    if (slot.mechanism() instanceof BlockingMechanism kernel) {
      touch(slot, page, kernel, wait);
    } else {
      bring(slot, page, exit.access(), wait);
    }
    int index = wait.index;
    fault.end(waiters.broughtBy(index), waiters.arrivedNanos(index), waiters.installedNanos(index));
    timings.ended(fault);
  }

  /**
   * Returns when the page of a device's fault is accessible, or when {@code stopped}. By the thread
   * of {@link DeviceFaults}.
   */
  void resolve(AsynchronousFault exit, BooleanSupplier stopped) {
    SlotPages slot = guest.find(exit.slotId());
    if (slot == null) {
      throw new IllegalStateException("A device faulted in no slot of the guest: " + exit + ".");
    }
    Wait wait = waits[waits.length - 1];
    if (!wait.belongsTo(devices)) {
      wait.giveTo(devices, stopped);
    }
    wait.fault.begin(exit.guestPhysicalAddress(), exit.slotId(), exit.page(), System.nanoTime());
    bring(slot, exit.page(), exit.access(), wait);
  }

  /** Waits until a page is present, and lets accesses to it go on; or until the waiter stops. */
  private void bring(SlotPages slot, long page, VcpuExit.Access access, Wait wait) {
    wait.begin(slot.states(), page, access);
    PageFetcher own = lanes.get(wait.index);
    waiters.announce(wait.index, slot.slot().id(), page, own);
    while (!wait.isOver()) {
      fetchOrWait(slot, page, own, wait);
    }
    goOn(slot, page, wait);
  }

  private void goOn(SlotPages slot, long page, Wait wait) {
    if (slot.states().isPresent(page)) {
      requested.answered(slot, page);
      slot.mechanism().answer(page);
    }
    waiters.withdraw(wait.index);
  }

  /**
   * The kernel stops the vCPU's thread until the page has come, or the traps end. A device's page
   * is brought without a touch: once it is present, nothing stops an access to it.
   */
  private void touch(SlotPages slot, long page, BlockingMechanism kernel, Wait wait) {
    KernelFaultServer server = Objects.requireNonNull(kernelFaults);
    int vcpu = wait.index;
    server.expect(vcpu);
    waiters.announce(vcpu, slot.slot().id(), page, KERNEL_WAKES);
    kernel.touch(page);
    long sent = server.sentNanos(vcpu);
    if (sent != Fault.NOT_SENT) {
      wait.fault.fetched(sent, server.planned(vcpu));
    }
    // The page's bytes may be in place a moment before it is present.
    while (!slot.states().isPresent(page) && slot.slot().trap() != null) {
      if (slot.states().state(page) == PageStates.State.MISSING && requested.ask(slot, page)) {
        // An arrival put it in place and then failed: the kernel reports no fault any more.
        server.ask(slot, page);
      }
      Thread.onSpinWait();
    }
    goOn(slot, page, wait);
  }

  private void fetchOrWait(SlotPages slot, long page, PageFetcher own, Wait wait) {
    PageFetcher lane = own.isLost() ? anyThatIsLeft() : own;
    if (lane == null || wait.asked || !requested.ask(slot, page)) {
      own.await(wait);
      return;
    }
    wait.asked = true;
    int slotId = slot.slot().id();
    if (lane.equals(own)) {
      Prefetch prefetch = wait.policy.plan(slotId, page);
      wait.fault.fetched(own.fetch(slotId, page, prefetch, wait), prefetch);
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
    for (Wait wait : waits) {
      waiters.wake(wait.index);
    }
    if (kernelFaults != null) {
      kernelFaults.laneLost();
    }
  }

  /** Every page has come: nothing stops an access any more. Idempotent; any thread. */
  public void complete() {
    guest.disableTraps();
    endDeviceThread();
  }

  /** Ends its threads; before lanes are closed, and not on an event loop. */
  @Override
  public void close() {
    endDeviceThread();
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

  @Override
  public void asynchronousFaults(AsynchronousFaults queue) {
    queue.recordLatencies(timings::deviceWaited);
    devices.resolve(queue);
  }

  /**
   * Starts the thread that resolves the faults of devices; the machine is made.
   *
   * @throws VcpuThreadException if the host allows no thread for it
   */
  public void startDeviceThread() {
    devices.start();
  }

  /**
   * Nothing traps accesses any more, or nobody waits any more: ends that thread, and makes devices
   * look again. Waits for nobody. Idempotent.
   */
  public void endDeviceThread() {
    devices.end();
    waiters.wake(waits.length - 1);
  }
}
