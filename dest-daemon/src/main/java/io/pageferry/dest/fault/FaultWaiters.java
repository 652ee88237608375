package io.pageferry.dest.fault;

import io.pageferry.wire.LaneKind;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Which vCPU waits for which page. One entry a vCPU, since a vCPU waits for one page at a time. For
 * the memory of another process, an entry is a thread of it that waits.
 *
 * <p>No wake-up is lost: the vCPU announces its page and then, after a full fence, tests its state;
 * the installer makes the page present and then, after a full fence, looks for announcements. One
 * of the two sees the other.
 */
public final class FaultWaiters {
  private static final long NONE = -1;

  private final AtomicLongArray pages;
  private final AtomicReferenceArray<@Nullable Thread> threads;
  private final AtomicReferenceArray<@Nullable Waker> lanes;
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLongArray arrivedNanos;
  private final AtomicLongArray installedNanos;
  private final AtomicReferenceArray<@Nullable LaneKind> broughtBy;

  /** Nobody waits. */
  public FaultWaiters(int vcpus) {
    pages = new AtomicLongArray(vcpus);
    threads = new AtomicReferenceArray<>(vcpus);
    arrivedNanos = new AtomicLongArray(vcpus);
    installedNanos = new AtomicLongArray(vcpus);
    lanes = new AtomicReferenceArray<>(vcpus);
    broughtBy = new AtomicReferenceArray<>(vcpus);
    for (int vcpu = 0; vcpu < vcpus; vcpu++) {
      pages.set(vcpu, NONE);
    }
  }

  private static long key(int slotId, long page) {
    return (long) slotId << 40 | page;
  }

  /** The calling thread, vCPU {@code vcpu}, waits for a page at {@code lane} from now on. */
  public void announce(int vcpu, int slotId, long page, Waker lane) {
    installedNanos.setPlain(vcpu, 0);
    threads.setPlain(vcpu, Thread.currentThread());
    lanes.setPlain(vcpu, lane);
    waiting.incrementAndGet();
    pages.set(vcpu, key(slotId, page));
    // The page's state is tested next with acquire, which a volatile write alone does not hold
    // back.
    VarHandle.fullFence();
  }

  /** vCPU {@code vcpu} waits no longer. */
  public void withdraw(int vcpu) {
    pages.set(vcpu, NONE);
    waiting.decrementAndGet();
  }

  /** Whether a vCPU waits for any page. */
  public boolean areWaiting() {
    return waiting.get() != 0;
  }

  private boolean waits(int vcpu, long firstKey, long count) {
    long beyond = pages.get(vcpu) - firstKey;
    return beyond >= 0 && beyond < count;
  }

  /**
   * Before a run of pages becomes present: tells those who wait for one of them when and on which
   * lane it arrived. A vCPU that announces itself after this look finds no stamp.
   *
   * @return whether anyone waits for one of them
   */
  public boolean stamp(int slotId, long firstPage, long count, LaneKind lane, long arrivalNanos) {
    if (waiting.get() == 0) {
      return false;
    }
    boolean any = false;
    long firstKey = key(slotId, firstPage);
    for (int vcpu = 0; vcpu < pages.length(); vcpu++) {
      if (waits(vcpu, firstKey, count)) {
        broughtBy.setPlain(vcpu, lane);
        arrivedNanos.setPlain(vcpu, arrivalNanos);
        installedNanos.setPlain(vcpu, System.nanoTime());
        any = true;
      }
    }
    return any;
  }

  /** After a run of pages has become present: wakes those who wait for one of them. */
  public void wake(int slotId, long firstPage, long count) {
    VarHandle.fullFence();
    if (waiting.get() == 0) {
      return;
    }
    long firstKey = key(slotId, firstPage);
    for (int vcpu = 0; vcpu < pages.length(); vcpu++) {
      if (waits(vcpu, firstKey, count)) {
        wake(vcpu);
      }
    }
  }

  /** Wakes a vCPU if it waits for a page; it may have been kicked. */
  void wake(int vcpu) {
    Thread waiter = threads.get(vcpu);
    Waker lane = lanes.get(vcpu);
    if (waiter != null && lane != null && waiter != Thread.currentThread()) {
      lane.wake(waiter);
    }
  }

  /** What brought the awaited page; meaningful if {@link #installedNanos} is not 0. */
  public @Nullable LaneKind broughtBy(int vcpu) {
    return broughtBy.getPlain(vcpu);
  }

  /**
   * When the awaited page's frame began to be parsed; meaningful if {@link #installedNanos} is not
   * 0.
   */
  public long arrivedNanos(int vcpu) {
    return arrivedNanos.getPlain(vcpu);
  }

  /** When the awaited page's bytes were in place; 0 if it was present before the vCPU was seen. */
  public long installedNanos(int vcpu) {
    return installedNanos.getPlain(vcpu);
  }
}
