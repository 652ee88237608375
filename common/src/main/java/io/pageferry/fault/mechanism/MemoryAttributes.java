package io.pageferry.fault.mechanism;

import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.StampedLock;

/**
 * The memory attributes of a guest, as {@code KVM_SET_MEMORY_ATTRIBUTES} changes them: the exact
 * attributes of a range of guest frames are set, under a lock that the whole machine shares, in a
 * sparse map. Any thread.
 *
 * <p>Two locks, as in the kernel. {@link #slotsLock} orders changes and is held for all of one;
 * {@link #mmuLock} is held for writing while entries change, and a vCPU that looks an entry up
 * meanwhile waits for the end of the change and looks again. Locks are taken in this order, and
 * nothing else is called under them.
 *
 * <p>Source: {@code kvm_vm_set_mem_attributes} as the first version of the KVM Userfault series
 * (July 2024) uses it.
 */
final class MemoryAttributes {
  /** No attribute: the frame is shared, and accesses to it go ahead. */
  static final long NONE = 0;

  /** The frame is private to the guest. */
  static final long PRIVATE = 1 << 3;

  /** An access to the frame exits. */
  static final long USERFAULT = 1 << 4;

  private final ReentrantLock slotsLock = new ReentrantLock();
  private final StampedLock mmuLock = new StampedLock();
  private final SparseMap attributes = new SparseMap();

  /**
   * Gives frames exactly these attributes. Release.
   *
   * @param firstFrame guest frame number
   */
  void set(long firstFrame, long count, long value) {
    slotsLock.lock();
    try {
      if (allHave(firstFrame, count, value)) {
        return;
      }
      long stamp = mmuLock.writeLock();
      try {
        for (long frame = firstFrame; frame < firstFrame + count; frame++) {
          attributes.set(frame, value);
        }
      } finally {
        mmuLock.unlockWrite(stamp);
      }
    } finally {
      slotsLock.unlock();
    }
  }

  private boolean allHave(long firstFrame, long count, long value) {
    for (long frame = firstFrame; frame < firstFrame + count; frame++) {
      if (attributes.get(frame) != value) {
        return false;
      }
    }
    return true;
  }

  /** The attributes of a frame, before or after a change of it, never during one. Acquire. */
  long of(long frame) {
    long stamp = mmuLock.tryOptimisticRead();
    long value = attributes.get(frame);
    if (mmuLock.validate(stamp)) {
      return value;
    }
    stamp = mmuLock.readLock();
    try {
      return attributes.get(frame);
    } finally {
      mmuLock.unlockRead(stamp);
    }
  }
}
