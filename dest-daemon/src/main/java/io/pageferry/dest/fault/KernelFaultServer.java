package io.pageferry.dest.fault;

import io.pageferry.dest.prefetch.Prefetch;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.dest.timing.Fault;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.KernelFaults;
import io.pageferry.fault.SlotPages;
import io.pageferry.memory.PageGeometry;
import io.pageferry.rpc.loop.DrivenLoop;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the source for pages at which the kernel has stopped somebody. One thread, {@code fault-0},
 * takes the faults of all vCPUs and drives one demand lane: what it takes it asks for at once, so
 * that any number of pages is under way, and it installs them as they come. Nothing passes from one
 * thread to another but the page itself.
 *
 * <p>{@link #start} once, before vCPUs run; {@link #close} after nobody is stopped any more. Owns
 * the thread.
 */
final class KernelFaultServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KernelFaultServer.class);

  private final GuestPages guest;
  private final KernelFaults faults;
  private final FaultWaiters waiters;
  private final RequestedPages requested;
  private final PrefetchPolicy[] policies;
  private final List<? extends PageFetcher> lanes;
  private final Consumer<Throwable> failed;
  private final AtomicLongArray sentNanos;
  private final AtomicReferenceArray<Prefetch> planned;
  private final AtomicInteger losses = new AtomicInteger();
  private final Thread thread;
  private volatile boolean over;

  /**
   * Serves what the kernel reports of a guest.
   *
   * @param failed told if it cannot go on; by its thread
   */
  KernelFaultServer(
      GuestPages guest,
      KernelFaults faults,
      FaultWaiters waiters,
      RequestedPages requested,
      PrefetchPolicy[] policies,
      List<? extends PageFetcher> lanes,
      Consumer<Throwable> failed) {
    this.failed = failed;
    this.guest = guest;
    this.faults = faults;
    this.waiters = waiters;
    this.requested = requested;
    this.policies = policies;
    this.lanes = lanes;
    sentNanos = new AtomicLongArray(policies.length);
    planned = new AtomicReferenceArray<>(policies.length);
    for (int vcpu = 0; vcpu < policies.length; vcpu++) {
      planned.set(vcpu, Prefetch.NONE);
    }
    thread = Thread.ofPlatform().daemon().name("fault-0").unstarted(this::live);
  }

  void start() {
    thread.start();
  }

  private void live() {
    try {
      DrivenLoop.runWithPools(this::serve);
    } catch (RuntimeException | Error e) {
      LOG.error("Faults that the kernel reports are served no more.", e);
      failed.accept(e);
    }
  }

  private void serve() {
    PageFetcher lane = lanes.getFirst();
    while (!over) {
      int seen = losses.get();
      lane.serve(
          faults.descriptor(), () -> faults.take(this::raised), () -> over || losses.get() != seen);
      if (losses.get() == seen) {
        return;
      }
      askAgain();
    }
  }

  /** By the thread, on the lane's event loop. */
  private void raised(long hostAddress) {
    SlotPages slot = guest.atHost(hostAddress);
    if (slot == null) {
      throw new IllegalStateException("The kernel reports a fault outside every slot.");
    }
    long page = PageGeometry.pages(hostAddress - slot.slot().hostAddress());
    if (slot.states().isPresent(page)) {
      // It has come since. Whoever was stopped before that is woken once more.
      slot.mechanism().lift(page, 1);
    } else if (requested.ask(slot, page)) {
      fetch(slot, page);
    }
  }

  private void fetch(SlotPages slot, long page) {
    int slotId = slot.slot().id();
    int vcpu = waiters.waiterFor(slotId, page);
    // A device plans by itself, and the kernel stops none.
    boolean isVcpu = vcpu >= 0 && vcpu < policies.length;
    Prefetch prefetch = isVcpu ? policies[vcpu].plan(slotId, page) : Prefetch.NONE;
    if (isVcpu) {
      planned.setPlain(vcpu, prefetch);
      sentNanos.set(vcpu, System.nanoTime());
    }
    laneThatIsLeft().ask(slotId, page, prefetch);
  }

  private PageFetcher laneThatIsLeft() {
    for (PageFetcher lane : lanes) {
      if (!lane.isLost()) {
        return lane;
      }
    }
    return lanes.getFirst();
  }

  /** What was asked for on a lost lane does not come. */
  private void askAgain() {
    for (int vcpu = 0; vcpu < policies.length; vcpu++) {
      int slotId = waiters.awaitedSlot(vcpu);
      SlotPages slot = slotId < 0 ? null : guest.find(slotId);
      long page = waiters.awaitedPage(vcpu);
      if (slot != null && !slot.states().isPresent(page) && requested.ask(slot, page)) {
        laneThatIsLeft().ask(slotId, page);
      }
    }
  }

  /** Asks for a page that somebody needs and the kernel does not report. Any thread. */
  void ask(SlotPages slot, long page) {
    laneThatIsLeft().ask(slot.slot().id(), page);
  }

  /** A vCPU is about to be stopped; by its thread. */
  void expect(int vcpu) {
    sentNanos.set(vcpu, Fault.NOT_SENT);
  }

  /** When the latest page of a vCPU was asked for. */
  long sentNanos(int vcpu) {
    return sentNanos.get(vcpu);
  }

  /** What was asked for along with it. */
  Prefetch planned(int vcpu) {
    return planned.getPlain(vcpu);
  }

  /** A lane has ended, and what was asked for is forgotten. Any thread. */
  void laneLost() {
    var _ = losses.incrementAndGet();
    lanes.getFirst().wake(thread);
  }

  /** Returns when the thread has ended. Not for an event loop. */
  @Override
  public void close() {
    over = true;
    lanes.getFirst().wake(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
