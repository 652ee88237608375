package io.pageferry.guest;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.stream.LongStream;

/**
 * What the machine needs of its vCPUs beyond {@link Vcpu}. Called only while the vCPU does not run,
 * unless said otherwise.
 */
public interface EmulatedVcpu extends Vcpu {
  /** Writes everything that the guest could tell from another vCPU. */
  void save(DataOutput out) throws IOException;

  /** Reads what {@link #save} wrote. */
  void load(DataInput in) throws IOException;

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
