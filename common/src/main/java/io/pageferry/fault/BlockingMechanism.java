package io.pageferry.fault;

/**
 * A mechanism under which the kernel stops an access, with the thread that makes it inside. Nobody
 * exits to whoever brings pages; the kernel tells a {@link KernelFaults} of the access.
 */
public interface BlockingMechanism extends FaultMechanism {
  /**
   * Accesses a page, and returns when the kernel lets the access go on: its bytes are in place, or
   * nothing is stopped any more. The caller tests its state next. Any thread, which counts as one
   * in native code while it waits, and holds no lock.
   */
  void touch(long page);

  /** Where the kernel reports the faults of the slot; slots of one guest may share it. */
  KernelFaults faults();
}
