package io.pageferry.guest;

/**
 * One virtual CPU: what a {@code KVM_RUN} loop sees of it.
 *
 * <p>Owned by one thread, which alone calls {@link #run}; {@link #kick}, {@link #kicked} and {@link
 * #instructions} may be called from any thread. Lives as long as its machine.
 */
public interface Vcpu {
  /** Number of the vCPU, from 0. */
  int index();

  /**
   * Executes guest code until something needs attention. After a {@link VcpuExit.MemoryFault} the
   * faulting instruction has had no effect and is executed again by the next call.
   *
   * @return why it stopped; the object is reused by the next call, as {@code kvm_run} is
   */
  VcpuExit run();

  /**
   * Makes {@link #run}, now or at its next call, return {@link VcpuExit.Interrupted} soon; also
   * wakes the vCPU's thread when it is parked. Idempotent. Any thread.
   */
  void kick();

  /** Whether a kick waits to be taken by {@link #run}. Volatile read; any thread. */
  boolean kicked();

  /** Instructions retired (accesses, for a synthetic vCPU) since the guest's start. Any thread. */
  long instructions();

  /** When it went on after its state was loaded. Any thread. */
  FirstInstruction firstInstruction();
}
