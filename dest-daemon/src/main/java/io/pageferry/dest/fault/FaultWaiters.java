package io.pageferry.dest.fault;

import io.pageferry.wire.LaneKind;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Which vCPU waits for which page. One entry a vCPU, since a vCPU waits for one page at a time. The
 * thread that resolves the faults of devices has an entry behind theirs, and is a vCPU here. For
 * the memory of another process, an entry is a thread of it that waits.
 *
 * <p>No wake-up is lost: the vCPU announces its page and then, after a full fence, tests its state;
 * the installer makes the page present and then, after a full fence, looks for announcements. One
 * of the two sees the other.
 */
public final class FaultWaiters {
  /** Threads beside the vCPUs' that wait for pages. */
  static final int DEVICE_THREADS = 1;

  private static final long NONE = -1;
  private static final int SLOT_SHIFT = 40;

  private final AtomicLongArray pages;
  private final AtomicReferenceArray<@Nullable Thread> threads;
  private final AtomicReferenceArray<@Nullable Waker> wakers;
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLongArray arrivedNanos;
  private final AtomicLongArray installedNanos;
  private final AtomicReferenceArray<@Nullable LaneKind> broughtBy;

  /** Nobody waits: neither a vCPU nor the thread of devices. */
  public FaultWaiters(int vcpuCount) {
    int vcpus = vcpuCount + DEVICE_THREADS;
    pages = new AtomicLongArray(vcpus);
    threads = new AtomicReferenceArray<>(vcpus);
    arrivedNanos = new AtomicLongArray(vcpus);
    installedNanos = new AtomicLongArray(vcpus);
    wakers = new AtomicReferenceArray<>(vcpus);
    broughtBy = new AtomicReferenceArray<>(vcpus);
    for (int vcpu = 0; vcpu < vcpus; vcpu++) {
      pages.set(vcpu, NONE);
    }
  }

  private static long key(int slotId, long page) {
    return (long) slotId << SLOT_SHIFT | page;
  }

  /** The calling thread, vCPU {@code vcpu}, waits for a page from now on. */
  public void announce(int vcpu, int slotId, long page, Waker waker) {
    installedNanos.setPlain(vcpu, 0);
    threads.setPlain(vcpu, Thread.currentThread());
    wakers.setPlain(vcpu, waker);
    waiting.incrementAndGet();
    pages.set(vcpu, key(slotId, page));
    // The page's state is tested next with acquire, which a volatile write alone does not hold
    // back.
    VarHandle.fullFence();
  }

  /** A vCPU that waits for a page, or -1. */
  int waiterFor(int slotId, long page) {
    long key = key(slotId, page);
    for (int vcpu = 0; vcpu < pages.length(); vcpu++) {
      if (pages.get(vcpu) == key) {
        return vcpu;
      }
    }
    return -1;
  }

  /** The slot of the page that a vCPU waits for, or -1. */
  int awaitedSlot(int vcpu) {
    long key = pages.get(vcpu);
    return key == NONE ? -1 : (int) (key >>> SLOT_SHIFT);
  }

  /** The page that a vCPU waits for; meaningful if it has an {@link #awaitedSlot}. */
  long awaitedPage(int vcpu) {
    return pages.get(vcpu) & (1L << SLOT_SHIFT) - 1;
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
    Waker waker = wakers.get(vcpu);
    if (waiter != null && waker != null && waiter != Thread.currentThread()) {
      waker.wake(waiter);
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
