package io.pageferry.guest.riscv;

import io.pageferry.guest.VcpuExit;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What the parts of a hart share: registers, program counter, instruction count, and why execution
 * stopped. Used by the hart's thread only, but for {@link #requestAttention}.
 */
final class HartContext {
  /** Why the interpreter stopped. */
  enum Stop {
    /** To look for interrupts, a limit or another code page. */
    NONE,
    /** The instruction at {@link #pc} raises {@link #trapCause}. */
    TRAP,
    /** The instruction at {@link #pc} needs a page that has not come: {@link #memoryFault}. */
    FAULT,
    /** The instruction at {@link #pc} calls the hypervisor: {@link #hypercall}. */
    HYPERCALL,
    /** The guest ended itself with {@link #exitCode}. */
    SHUTDOWN
  }

  private static final VarHandle ATTENTION;

  static {
    try {
      ATTENTION =
          MethodHandles.lookup().findVarHandle(HartContext.class, "attention", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** x0 to x31, and {@link Op#DISCARD}. INVARIANT: {@code x[0]} is never written. */
  final long[] x = new long[64];

  /** Address of the next instruction. */
  long pc;

  /** Instructions retired before the one at {@link #pc}. */
  long retired;

  /** Whether the hart waits for an interrupt; read by other threads. */
  volatile boolean waiting;

  Stop stop = Stop.NONE;
  int trapCause;
  long trapValue;
  int exitCode;
  final VcpuExit.MemoryFault memoryFault = new VcpuExit.MemoryFault();
  final VcpuExit.Hypercall hypercall = new VcpuExit.Hypercall();

  /**
   * Written through {@link #ATTENTION} by any thread, read by the interpreter at every jump. It
   * carries no data: what it asks to look at is itself volatile.
   */
  @SuppressWarnings("UnusedVariable")
  private boolean attention;

  /** Makes the interpreter stop at the next jump. Any thread. */
  void requestAttention() {
    ATTENTION.setVolatile(this, true);
  }

  /** Volatile, so that whatever is looked at afterwards is at least as new as the request. */
  void clearAttention() {
    ATTENTION.setVolatile(this, false);
  }

  /** Opaque: only eventual visibility is needed, and it costs one load. */
  boolean attentionRequested() {
    return (boolean) ATTENTION.getOpaque(this);
  }

  /** Ends the instruction at {@link #pc} with a trap instead of an effect. */
  void trap(int cause, long value) {
    stop = Stop.TRAP;
    trapCause = cause;
    trapValue = value;
  }

  /** Ends the instruction at {@link #pc} with an exit instead of an effect. */
  void fault(long address, int size, VcpuExit.Access access, boolean userfault, boolean isPrivate) {
    stop = Stop.FAULT;
    var _ = memoryFault.set(address, size, access, userfault, isPrivate);
  }

  /** Ends the instruction at {@link #pc} with a call of the hypervisor. */
  void hypercall(long base, long size, boolean toPrivate) {
    stop = Stop.HYPERCALL;
    var _ = hypercall.set(base, size, toPrivate);
  }

  /** Writes a register. */
  void set(int rd, long value) {
    x[rd == 0 ? Op.DISCARD : rd] = value;
  }
}
