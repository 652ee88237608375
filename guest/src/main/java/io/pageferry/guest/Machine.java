package io.pageferry.guest;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A guest: memory, vCPUs, devices and the threads that run them.
 *
 * <p>Lifecycle: made paused by {@link io.pageferry.guest.machine.Machines}; {@link #resume} and
 * {@link #pause} as often as one likes; {@link #close} once. Any thread may call any method. The
 * machine does not own its memory: close the machine first, then the memory.
 */
public interface Machine extends AutoCloseable {
  /** What a machine does. */
  enum State {
    /** No vCPU runs. */
    PAUSED,
    /** vCPUs run, wait for an interrupt, or wait for a page. */
    RUNNING,
    /** The guest has ended itself, every vCPU reached the instruction limit, or a vCPU failed. */
    STOPPED
  }

  /** What it is made of. */
  MachineSpec spec();

  /** Its memory. */
  GuestMemory memory();

  /** Its vCPUs, in order of index. */
  List<? extends Vcpu> vcpus();

  /** What it does now. */
  State state();

  /** How it ended; meaningful when stopped. 0 is success by the guest's own check. */
  int exitCode();

  /**
   * Why the emulation failed, in a sentence, which also stops the machine; null while it has not.
   */
  default @Nullable String failure() {
    return null;
  }

  /** Its serial port. */
  Console console();

  /**
   * Starts the threads of all vCPUs, which then wait until {@link #resume}. Idempotent; no effect
   * once stopped or closed.
   *
   * @throws VcpuThreadException if the host allows no more; the machine is then as before, and
   *     {@link #close} ends those threads that were started
   */
  void startThreads();

  /**
   * Runs every vCPU that has not ended. Idempotent; no effect once stopped.
   *
   * @throws VcpuThreadException as {@link #startThreads}; then no vCPU runs
   */
  void resume();

  /**
   * Returns when no vCPU executes any more, within 10 ms. Idempotent. Not for a vCPU's own thread,
   * which would wait for itself.
   */
  void pause();

  /**
   * Switches userfault on for a slot, with every page faulting, and drops what vCPUs have mapped of
   * it; pauses the machine for a moment if it runs.
   */
  void enableUserfault(int slotId);

  /** Switches userfault off for a slot, and drops what vCPUs have mapped of it. */
  void disableUserfault(int slotId);

  /**
   * Makes every access to a page a machine check, as if the page's memory had failed; pauses the
   * machine for a moment if it runs.
   *
   * @return whether it was not so before
   */
  boolean poison(MemorySlot slot, long page);

  /**
   * Makes a page whose data was lost a page of zeros that can be used; pauses the machine for a
   * moment if it runs.
   *
   * @return whether its data was lost
   */
  boolean unpoison(MemorySlot slot, long page);

  /**
   * Registers, devices, clock and console of a machine that does not run, in a versioned format.
   */
  byte[] saveState();

  /**
   * Guest physical addresses that its vCPUs will access first when it is resumed; a guess, at most
   * four for each. Of a machine that does not run.
   */
  LongStream accessedNext();

  /** Ends every vCPU thread. Idempotent. */
  @Override
  void close();
}
