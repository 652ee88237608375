package io.pageferry.guest.machine;

import io.pageferry.guest.VcpuThreadException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;

/**
 * The threads of a machine: one for each vCPU, and one for the device that works by itself. {@link
 * #start} and {@link #join} are called under the machine's control lock; {@link #includeCurrent} by
 * any thread.
 */
final class MachineThreads {
  private final ThreadFactory factory;
  private final List<Life> lives;
  private final List<Thread> threads = new CopyOnWriteArrayList<>();

  /**
   * All that a thread does.
   *
   * @param thread its name
   * @param of whose it is, for people
   * @param body runs until the machine is closed
   */
  record Life(String thread, String of, Runnable body) {}

  /** No thread yet. */
  MachineThreads(ThreadFactory factory, List<Life> lives) {
    this.factory = factory;
    this.lives = List.copyOf(lives);
  }

  /**
   * Starts those that do not run yet.
   *
   * @throws VcpuThreadException if the host allows no more; those that were started stay
   */
  void start() {
    for (int index = threads.size(); index < lives.size(); index++) {
      threads.add(start(lives.get(index)));
    }
  }

  private Thread start(Life life) {
    try {
      Thread thread = factory.newThread(life.body());
      thread.setName(life.thread());
      thread.start();
      return thread;
    } catch (OutOfMemoryError e) {
      throw new VcpuThreadException(life.of(), e);
    }
  }

  /** Whether the caller is one of them. */
  boolean includeCurrent() {
    return threads.contains(Thread.currentThread());
  }

  /** Waits until all have ended. */
  void join() {
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
