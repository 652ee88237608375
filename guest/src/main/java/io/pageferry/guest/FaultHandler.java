package io.pageferry.guest;

/** Resolves userfaults: at a migration's destination, by fetching the page from the source. */
@FunctionalInterface
public interface FaultHandler {
  /**
   * Returns when the page of {@code fault} is accessible, or when {@code vcpu} has been kicked,
   * whichever comes first; the access is then tried again. Called on the vCPU's thread; must not be
   * left blocked once the vCPU is kicked (a kick unparks the thread, then {@link #kicked} is told).
   */
  void resolve(Vcpu vcpu, VcpuExit.MemoryFault fault);

  /**
   * Whether {@link #resolve} may stay blocked for this fault although the vCPU is kicked. The vCPU
   * then counts as paused while it is in there.
   */
  default boolean blocks(VcpuExit.MemoryFault fault) {
    return false;
  }

  /**
   * Runs {@code life}, all that a vCPU's thread ever does, on the calling thread, that thread; a
   * handler may get the thread ready for {@link #resolve} before.
   */
  default void runVcpuThread(Runnable life) {
    life.run();
  }

  /**
   * Faults of the machine's devices come into {@code queue} from now on; the handler reads and
   * resolves them if pages can be missing. Called once, while the machine is made.
   */
  default void asynchronousFaults(AsynchronousFaults queue) {}

  /** {@code vcpu} has just been kicked and may be waiting in {@link #resolve}. Any thread. */
  default void kicked(Vcpu vcpu) {}
}
