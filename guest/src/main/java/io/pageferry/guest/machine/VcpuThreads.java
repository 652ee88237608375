package io.pageferry.guest.machine;

import io.pageferry.guest.EmulatedVcpu;
import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.VcpuThreadException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;

/**
 * The threads of a machine's vCPUs, one for each. {@link #start} and {@link #join} are called under
 * the machine's control lock; {@link #includeCurrent} by any thread.
 */
final class VcpuThreads {
  private final List<EmulatedVcpu> vcpus;
  private final FaultHandler faults;
  private final ThreadFactory factory;
  private final Consumer<EmulatedVcpu> life;
  private final List<Thread> threads = new CopyOnWriteArrayList<>();

  /**
   * No thread yet.
   *
   * @param life all that the thread of a vCPU does
   */
  VcpuThreads(
      List<EmulatedVcpu> vcpus,
      FaultHandler faults,
      ThreadFactory factory,
      Consumer<EmulatedVcpu> life) {
    this.vcpus = vcpus;
    this.faults = faults;
    this.factory = factory;
    this.life = life;
  }

  /**
   * Starts those that do not run yet.
   *
   * @throws VcpuThreadException if the host allows no more; those that were started stay
   */
  void start() {
    for (int index = threads.size(); index < vcpus.size(); index++) {
      threads.add(start(vcpus.get(index)));
    }
  }

  private Thread start(EmulatedVcpu vcpu) {
    try {
      Thread thread = factory.newThread(() -> faults.runVcpuThread(() -> life.accept(vcpu)));
      thread.setName("vcpu-" + vcpu.index());
      thread.start();
      return thread;
    } catch (OutOfMemoryError e) {
      throw new VcpuThreadException(vcpu.index(), vcpus.size(), e);
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
