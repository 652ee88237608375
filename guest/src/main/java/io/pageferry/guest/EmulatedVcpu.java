package io.pageferry.guest;

import io.pageferry.guest.state.StatePart;
import java.util.stream.LongStream;

/**
 * What the machine needs of its vCPUs beyond {@link Vcpu}; nobody else calls it. Called only while
 * the vCPU does not run, unless said otherwise.
 */
public interface EmulatedVcpu extends Vcpu, StatePart {
  @Override
  default String tag() {
    return "vcpu-" + index();
  }

  /** Guest physical addresses that it is about to access; a guess, and may be none. */
  default LongStream accessedNext() {
    return LongStream.empty();
  }

  /**
   * Forgets every page mapping and all decoded code, so that the next accesses test the userfault
   * bits.
   */
  void dropMappings();

  /**
   * A device may have changed the vCPU's interrupts: makes it look at them soon, and wakes its
   * thread. Any thread, at any time.
   */
  default void signal() {}

  /**
   * After {@link VcpuExit.Halt}, waits on the vCPU's thread until it has something to do or is
   * kicked.
   */
  default void awaitInterrupt() {}

  /**
   * Whether the vCPU waits for an interrupt that only another vCPU could send. Any thread, at any
   * time.
   */
  default boolean idle() {
    return false;
  }
}
