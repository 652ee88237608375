package io.pageferry.guest.machine;

import io.pageferry.guest.Machine.State;
import io.pageferry.guest.device.GuestClock;
import io.pageferry.guest.state.StatePart;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where the threads of vCPUs, and of the device that works by itself, wait while the machine does
 * not run. Here, all of them are called vCPUs. It holds whether the machine runs, and how it ended.
 * Guest time goes on while the gate is open. Any thread.
 *
 * <p>INVARIANT: a vCPU runs only between {@link #pass} or {@link #rejoin}, which count it, and
 * {@link #comeBack}.
 *
 * <p>Its lock is held for moments, and no other is taken under it.
 */
final class Gate implements StatePart {
  /** What {@link #pass} returns when the gate is closed for good. */
  static final long CLOSED = -1;

  private final GuestClock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Written under {@link #lock}; read by vCPUs between runs without it. */
  private volatile State state = State.PAUSED;

  private volatile int exitCode;

  /** vCPUs past the gate. Guarded by {@link #lock}. */
  private int executing;

  /** Number of times that the gate was opened. Guarded by {@link #lock}. */
  private long runs;

  /** Guarded by {@link #lock}. */
  private boolean closed;

  Gate(GuestClock clock) {
    this.clock = clock;
  }

  State state() {
    return state;
  }

  /** How the machine ended, once it has. */
  int exitCode() {
    return exitCode;
  }

  /** Lets vCPUs pass, unless the machine is stopped or the gate closed. Idempotent. */
  void open() {
    lock.lock();
    try {
      if (closed || state != State.PAUSED) {
        return;
      }
      clock.start();
      runs++;
      state = State.RUNNING;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Leaves the state RUNNING for another; the first to do so decides how.
   *
   * @return whether this was the first; the caller then kicks every vCPU
   */
  boolean shut(State next, int code) {
    lock.lock();
    try {
      if (state != State.RUNNING) {
        return false;
      }
      exitCode = code;
      state = next;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until no vCPU executes, and stops the guest's time. */
  void awaitEmpty() {
    lock.lock();
    try {
      while (executing > 0) {
        changed.awaitUninterruptibly();
      }
      clock.stop();
    } finally {
      lock.unlock();
    }
  }

  /** Whether no vCPU will ever pass again. */
  boolean isOver() {
    lock.lock();
    try {
      return closed || state == State.STOPPED;
    } finally {
      lock.unlock();
    }
  }

  /** Sends every vCPU that waits, or comes back, away for good. Idempotent. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until the machine runs, again after run number {@code last}.
   *
   * @return the number of the run, or {@link #CLOSED}
   */
  long pass(long last) {
    lock.lock();
    try {
      while (!closed && (state != State.RUNNING || runs == last)) {
        changed.awaitUninterruptibly();
      }
      if (closed) {
        return CLOSED;
      }
      executing++;
      return runs;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until the machine runs, for a vCPU that came back in the middle of a run.
   *
   * @return the number of the run, or {@link #CLOSED}
   */
  long rejoin() {
    lock.lock();
    try {
      while (!closed && state != State.RUNNING) {
        changed.awaitUninterruptibly();
      }
      if (closed) {
        return CLOSED;
      }
      executing++;
      return runs;
    } finally {
      lock.unlock();
    }
  }

  /** A vCPU that had passed no longer runs. */
  void comeBack() {
    lock.lock();
    try {
      executing--;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String tag() {
    return "run";
  }

  @Override
  public void save(DataOutput out) throws IOException {
    out.writeBoolean(state == State.STOPPED);
    out.writeInt(exitCode);
  }

  /** {@inheritDoc} Before the gate is first opened. */
  @Override
  public void load(DataInput in) throws IOException {
    boolean stopped = in.readBoolean();
    int code = in.readInt();
    if (stopped) {
      exitCode = code;
      state = State.STOPPED;
    }
  }
}
