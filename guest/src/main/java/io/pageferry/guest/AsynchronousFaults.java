package io.pageferry.guest;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The faults of a machine's devices, on their way to whoever resolves them: a bounded queue that
 * signals. A device {@link #await}s its page; the VMM's thread {@link #awaitFaults}, {@link
 * #read}s, brings the pages, and calls {@link #resolved}. Everybody waits parked.
 *
 * <p>INVARIANT: a fault leaves the queue only after the reader has got it. If a read fails
 * half-way, all that it would have moved is still there.
 *
 * <p>Devices: any thread. Reader: one thread at a time. The lock is held for moments, and nothing
 * is called under it. The name is that of the first version (RFC) of the KVM Userfault series,
 * where {@code KVM_READ_USERFAULT} reads and an eventfd signals.
 */
public final class AsynchronousFaults {
  /** Faults that may wait to be read. */
  public static final int CAPACITY = 64;

  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();

  /** There is a fault to read, or reading ends. */
  private final Condition posted = lock.newCondition();

  /** Pages may be accessible, or there is room again, or somebody who waits has to look. */
  private final Condition progress = lock.newCondition();

  /** Posted and not read, oldest first. Guarded by {@link #lock}, as the rest is. */
  private final Deque<AsynchronousFault> queue = new ArrayDeque<>();

  /** Counts what may have ended a device's wait. */
  private long looks;

  private boolean reading;
  private boolean readingOver;
  private @Nullable Throwable failure;
  private volatile LongConsumer latencies = _ -> {};

  /** Where {@link #read} puts faults. */
  @FunctionalInterface
  public interface Buffer {
    /**
     * Takes a fault.
     *
     * @return false if there is no room for it
     */
    boolean put(AsynchronousFault fault);
  }

  /** An empty queue of the usual capacity. */
  public AsynchronousFaults() {
    this(CAPACITY);
  }

  /** An empty queue with room for so many faults. */
  public AsynchronousFaults(int capacity) {
    this.capacity = capacity;
  }

  /**
   * A device's access is trapped: posts the fault, and waits until {@code over}. A fault about a
   * page that is queued already is not queued again. While the queue is full, the device waits for
   * room. By the device's thread.
   *
   * @param over whether the page is accessible now or the device must stop; asked after each {@link
   *     #resolved} and {@link #wakeDevices}, without a lock
   * @throws IllegalStateException if faults cannot be resolved any more, see {@link #fail}
   */
  public void await(AsynchronousFault fault, BooleanSupplier over) {
    long began = System.nanoTime();
    long seen = looks();
    while (!over.getAsBoolean()) {
      seen = postAndAwaitLook(fault, seen);
    }
    latencies.accept(System.nanoTime() - began);
  }

  private long looks() {
    lock.lock();
    try {
      return looks;
    } finally {
      lock.unlock();
    }
  }

  private long postAndAwaitLook(AsynchronousFault fault, long seen) {
    lock.lock();
    try {
      boolean isPosted = false;
      while (looks == seen) {
        requireResolver();
        isPosted = isPosted || post(fault);
        progress.awaitUninterruptibly();
      }
      return looks;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the fault is in the queue. */
  private boolean post(AsynchronousFault fault) {
    for (AsynchronousFault other : queue) {
      if (other.isAboutThePageOf(fault)) {
        return true;
      }
    }
    if (queue.size() == capacity) {
      return false;
    }
    queue.addLast(fault);
    posted.signal();
    return true;
  }

  private void requireResolver() {
    if (failure != null) {
      throw new IllegalStateException(
          "a page for a device cannot be brought: " + failure + ".", failure);
    }
  }

  /**
   * Waits until there is a fault to read. By the reader's thread.
   *
   * @return false once {@link #endReading} was called
   */
  public boolean awaitFaults() {
    lock.lock();
    try {
      while (queue.isEmpty() && !readingOver) {
        posted.awaitUninterruptibly();
      }
      return !readingOver;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Moves faults out, oldest first, as many as {@code into} has room for. What it throws comes back
   * to the caller, and then nothing has left the queue: faults that were put before are read again.
   *
   * @return how many
   * @throws IllegalStateException if another thread reads
   */
  public int read(Buffer into) {
    AsynchronousFault[] oldest = beginRead();
    int moved = 0;
    boolean whole = false;
    try {
      while (moved < oldest.length && into.put(oldest[moved])) {
        moved++;
      }
      whole = true;
    } finally {
      endRead(whole ? moved : 0);
    }
    return moved;
  }

  private AsynchronousFault[] beginRead() {
    lock.lock();
    try {
      if (reading) {
        throw new IllegalStateException("Another thread reads the faults of devices.");
      }
      reading = true;
      return queue.toArray(AsynchronousFault[]::new);
    } finally {
      lock.unlock();
    }
  }

  private void endRead(int moved) {
    lock.lock();
    try {
      reading = false;
      for (int i = 0; i < moved; i++) {
        queue.removeFirst();
      }
      if (moved > 0) {
        progress.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Faults that wait to be read. */
  public int size() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  /** Pages are accessible: devices that wait try again. Any thread. */
  public void resolved() {
    wakeDevices();
  }

  /** Makes devices that wait look whether they have to go on. Any thread. */
  public void wakeDevices() {
    lock.lock();
    try {
      looks++;
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Makes {@link #awaitFaults} return, now and from now on. Any thread. */
  public void endReading() {
    lock.lock();
    try {
      readingOver = true;
      posted.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Nobody resolves faults any more: devices that wait, now or later, fail. Any thread. */
  public void fail(Throwable cause) {
    lock.lock();
    try {
      failure = cause;
      looks++;
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** From now on, {@code recorder} is told how many nanoseconds each wait of a device took. */
  public void recordLatencies(LongConsumer recorder) {
    latencies = recorder;
  }
}
