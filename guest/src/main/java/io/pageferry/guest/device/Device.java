package io.pageferry.guest.device;

import io.pageferry.guest.state.StatePart;

/**
 * A device: registers in a range of guest physical addresses, and a section of the machine's state.
 *
 * <p>Any thread: vCPUs load and store at the same time. A device that raises interrupts is told at
 * its making whom to tell.
 */
public interface Device extends StatePart {
  /** What {@link #store} returns unless the guest has ended itself. */
  int GO_ON = -1;

  /** Its first address. */
  long base();

  /** Length of its range of addresses. */
  long sizeBytes();

  /**
   * A vCPU loads from a register.
   *
   * @param offset from {@link #base}, less than {@link #sizeBytes}
   * @param size 1, 2, 4 or 8 bytes
   * @param vcpu number of the vCPU
   * @param retired instructions that the vCPU has retired
   * @return the value, zero-extended; 0 where there is no register
   */
  long load(long offset, int size, int vcpu, long retired);

  /**
   * A vCPU stores to a register; ignored where there is none. Parameters are those of {@link
   * #load}.
   *
   * @return the exit code, not negative, with which the guest has ended itself, or {@link #GO_ON}
   */
  int store(long offset, int size, long value, int vcpu, long retired);
}
