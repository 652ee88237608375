package io.pageferry.dest.target;

import io.pageferry.dest.fault.FaultWaiters;
import io.pageferry.dest.fault.Waker;
import io.pageferry.dest.prefetch.Prefetch;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.dest.timing.Fault;
import io.pageferry.dest.timing.FaultTimings;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.SlotPages;
import io.pageferry.host.ThreadSlice;
import io.pageferry.memory.PageGeometry;
import io.pageferry.rpc.loop.DrivenLoop;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that takes the faults of another process: it is the event loop of its lane, and
 * watches the userfaultfd in the same wait. It asks for the page of each fault at once, without
 * waiting for those that it has asked for before, and puts pages in place as they arrive. So no
 * fault passes from one thread to another, and any number may be under way.
 *
 * <p>{@link #start} once; {@link #close} ends the thread, and does not wait for pages.
 */
public final class FaultReactor implements AutoCloseable {
  /** Faults whose course is timed at once. More are served, and not timed. */
  public static final int MOST_TIMED = 16;

  private static final Logger LOG = LoggerFactory.getLogger(FaultReactor.class);

  private final TargetMemory target;
  private final GuestPages pages;
  private final FaultWaiters waiters;
  private final FaultTimings timings;
  private final PrefetchPolicy policy;
  private final Listener listener;
  private final DrivenLoop loop;
  private final TargetEvents events;
  private final Fault[] faults;
  private final @Nullable SlotPages[] awaitedSlots = new SlotPages[MOST_TIMED];
  private final long[] awaitedPages = new long[MOST_TIMED];
  private final BooleanSupplier progressed = this::hasProgressed;
  private final Thread thread;
  private final Waker waker;
  private volatile @Nullable FaultLane lane;
  private volatile boolean stopped;
  private volatile long firstAnswerNanos;

  /** Faults that are under way and timed, a bit each. This thread only. */
  private int active;

  private boolean tookEvents;
  private int processDescriptor;

  /** Is told what becomes of the target. Called on the reactor's thread, which must not block. */
  public interface Listener {
    /** The process has ended. */
    void targetEnded();

    /** Something failed that should not; faults are not taken any more. */
    void reactorFailed(Throwable cause);
  }

  /**
   * Not started yet.
   *
   * @param name of its thread
   * @param waiters with {@link #MOST_TIMED} entries
   * @param timings likewise
   */
  public FaultReactor(
      String name,
      TargetMemory target,
      GuestPages pages,
      FaultWaiters waiters,
      FaultTimings timings,
      PrefetchPolicy policy,
      DrivenLoop loop,
      Listener listener) {
    this.target = target;
    this.pages = pages;
    this.waiters = waiters;
    this.timings = timings;
    this.policy = policy;
    this.loop = loop;
    this.listener = listener;
    waker = _ -> loop.wake();
    events = new TargetEvents(target);
    faults = IntStream.range(0, MOST_TIMED).mapToObj(Fault::new).toArray(Fault[]::new);
    thread =
        Thread.ofPlatform().daemon().name(name).unstarted(() -> DrivenLoop.runWithPools(this::run));
  }

  /**
   * Begins to take faults.
   *
   * @param process a descriptor that is readable once the target has ended
   */
  public void start(int process) {
    processDescriptor = process;
    // Also starts the loop's own thread, without which it cannot be entered.
    loop.execute(thread::start);
  }

  /**
   * Fetches on this lane from now on. Who waits for a page that was asked for on another one is
   * reported again, and so asked for again. Any thread.
   */
  public void fetchOn(FaultLane newLane) {
    loop.execute(() -> {
      lane = newLane;
      forgetAll();
      target.wakeAll();
    });
  }

  /** When the first fault was answered, by {@link System#nanoTime}; 0 before that. */
  public long firstAnswerNanos() {
    return firstAnswerNanos;
  }

  private void run() {
    ThreadSlice.shorten();
    target.takenBy(
        new TargetMemory.EventTaker() {
          @Override
          public void takeEvents() {
            takeSafely();
          }

          @Override
          public Thread thread() {
            return thread;
          }
        });
    try {
      if (!loop.enter()) {
        return;
      }
      try {
        // Until the loop ends.
        var _ = loop.watch(target.userfaultfd().descriptor(), this::takeSafely);
        var _ = loop.watch(processDescriptor, this::targetEnded);
        while (!stopped) {
          tookEvents = false;
          loop.await(progressed);
          settle();
        }
      } finally {
        loop.exit();
      }
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }

  private boolean hasProgressed() {
    return tookEvents || stopped || anyIsSettled();
  }

  private void takeSafely() {
    try {
      take();
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }

  private void failed(Throwable cause) {
    LOG.error("Faults of the target are not taken any more.", cause);
    stopped = true;
    listener.reactorFailed(cause);
  }

  private void targetEnded() {
    if (!target.hasEnded()) {
      target.end();
    }
    stopped = true;
    listener.targetEnded();
  }

  private void take() {
    long nanos = System.nanoTime();
    tookEvents = true;
    int count = events.take();
    for (int i = 0; i < count; i++) {
      if (events.isFault(i)) {
        serve(events.address(i), nanos);
      }
    }
  }

  private void serve(long address, long nanos) {
    long start = address & -PageGeometry.PAGE_SIZE;
    Extent extent = target.map().at(start);
    if (extent == null) {
      LOG.warn("The target has accessed 0x{}, which is none of its regions.", hex(address));
      target.refuse(start);
      return;
    }
    SlotPages slot = pages.find(extent.slotId());
    if (slot == null) {
      throw new IllegalStateException("The image has no slot " + extent.slotId() + ".");
    }
    long page = extent.pageAt(start);
    if (slot.states().isPresent(page) || target.removed(extent.slotId()).get(page)) {
      target.answerZero(start);
      answered();
    } else if (!isAwaited(slot, page)) {
      ask(slot, page, nanos);
    }
  }

  private static String hex(long address) {
    return Long.toHexString(address);
  }

  private boolean isAwaited(SlotPages slot, long page) {
    for (int left = active; left != 0; left &= left - 1) {
      int i = Integer.numberOfTrailingZeros(left);
      if (awaitedPages[i] == page && slot.equals(awaitedSlots[i])) {
        return true;
      }
    }
    return false;
  }

  private void ask(SlotPages slot, long page, long nanos) {
    int slotId = slot.slot().id();
    int index = Integer.numberOfTrailingZeros(~active);
    boolean timed = index < MOST_TIMED;
    if (timed) {
      active |= 1 << index;
      awaitedSlots[index] = slot;
      awaitedPages[index] = page;
      faults[index].begin(slot.slot().base() + PageGeometry.bytes(page), slotId, page, nanos);
      timings.began(faults[index]);
      waiters.announce(index, slotId, page, waker);
    }
    FaultLane now = lane;
    if (now == null || now.isLost()) {
      return;
    }
    Prefetch prefetch = policy.plan(slotId, page);
    now.fetch(slotId, page, prefetch);
    if (timed) {
      faults[index].fetched(System.nanoTime(), prefetch);
    }
  }

  private boolean anyIsSettled() {
    for (int left = active; left != 0; left &= left - 1) {
      if (isSettled(Integer.numberOfTrailingZeros(left))) {
        return true;
      }
    }
    return false;
  }

  private boolean isSettled(int index) {
    SlotPages slot = awaitedSlots[index];
    long page = awaitedPages[index];
    return slot == null
        || slot.states().isPresent(page)
        || target.removed(slot.slot().id()).get(page)
        || target.hasEnded();
  }

  private void settle() {
    for (int left = active; left != 0; left &= left - 1) {
      int index = Integer.numberOfTrailingZeros(left);
      if (isSettled(index)) {
        end(index);
        answered();
      }
    }
  }

  private void end(int index) {
    active &= ~(1 << index);
    waiters.withdraw(index);
    Fault fault = faults[index];
    fault.end(waiters.broughtBy(index), waiters.arrivedNanos(index), waiters.installedNanos(index));
    timings.ended(fault);
  }

  private void answered() {
    if (firstAnswerNanos == 0) {
      firstAnswerNanos = System.nanoTime();
    }
  }

  private void forgetAll() {
    for (int left = active; left != 0; left &= left - 1) {
      end(Integer.numberOfTrailingZeros(left));
    }
  }

  /** Ends the thread, and the loop's wait. The loop itself is its owner's. Idempotent. */
  @Override
  public void close() {
    stopped = true;
    loop.wake();
    try {
      if (thread.isAlive() && thread != Thread.currentThread()) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
