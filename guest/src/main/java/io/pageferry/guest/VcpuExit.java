package io.pageferry.guest;

/**
 * Why {@link Vcpu#run} returned, in KVM's terms. Each vCPU reuses its own instances: an exit is
 * valid until its vCPU runs again.
 */
public sealed interface VcpuExit {
  /** What an access wanted to do. */
  enum Access {
    READ,
    WRITE,
    EXECUTE
  }

  /**
   * {@code KVM_EXIT_MEMORY_FAULT}: an access could not be completed; it had no side effect and is
   * restartable. Mutable so that a fault costs no allocation; written by its vCPU only.
   */
  final class MemoryFault implements VcpuExit {
    private long guestPhysicalAddress;
    private int sizeBytes;
    private Access access = Access.READ;
    private boolean userfault;
    private boolean privateAccess;

    /** Fills the exit of an access to shared memory in and returns it. */
    public MemoryFault set(long gpa, int size, Access kind, boolean isUserfault) {
      return set(gpa, size, kind, isUserfault, false);
    }

    /** Fills the exit in and returns it. */
    public MemoryFault set(
        long gpa, int size, Access kind, boolean isUserfault, boolean isPrivate) {
      guestPhysicalAddress = gpa;
      sizeBytes = size;
      access = kind;
      userfault = isUserfault;
      privateAccess = isPrivate;
      return this;
    }

    /** Address of the access. */
    public long guestPhysicalAddress() {
      return guestPhysicalAddress;
    }

    /** Bytes accessed; the access never crosses a page that it could complete. */
    public int sizeBytes() {
      return sizeBytes;
    }

    /** What the access wanted. */
    public Access access() {
      return access;
    }

    /** {@code KVM_MEMORY_EXIT_FLAG_USERFAULT}: the page's userfault bit is set. */
    public boolean userfault() {
      return userfault;
    }

    /**
     * {@code KVM_MEMORY_EXIT_FLAG_PRIVATE}: the access was to memory that the guest keeps private.
     */
    public boolean privateAccess() {
      return privateAccess;
    }

    @Override
    public String toString() {
      return access + " of " + sizeBytes + " bytes at 0x" + Long.toHexString(guestPhysicalAddress);
    }
  }

  /**
   * {@code KVM_EXIT_HYPERCALL}: the guest asks to make memory private or shared. The instruction is
   * over once {@link #complete} was called and the vCPU is entered again.
   */
  final class Hypercall implements VcpuExit {
    private long base;
    private long sizeBytes;
    private boolean toPrivate;
    private boolean completed;
    private long error;

    /** Fills the exit in and returns it. */
    public Hypercall set(long firstAddress, long bytes, boolean privateMemory) {
      base = firstAddress;
      sizeBytes = bytes;
      toPrivate = privateMemory;
      completed = false;
      return this;
    }

    /** First guest physical address. */
    public long base() {
      return base;
    }

    /** Bytes from there on. */
    public long sizeBytes() {
      return sizeBytes;
    }

    /** Whether the guest wants the memory for itself. */
    public boolean toPrivate() {
      return toPrivate;
    }

    /** The answer: 0, or an error code of the RISC-V SBI. */
    public void complete(long code) {
      error = code;
      completed = true;
    }

    /** The guest has its answer. */
    public void taken() {
      completed = false;
    }

    /** Whether there is an answer that the guest has not yet. */
    public boolean isCompleted() {
      return completed;
    }

    /** The answer. */
    public long error() {
      return error;
    }
  }

  /** The vCPU waits for an interrupt. */
  record Halt() implements VcpuExit {}

  /** The guest has ended itself; 0 is success by its own check. */
  record Shutdown(int exitCode) implements VcpuExit {}

  /** A kick was taken. */
  record Interrupted() implements VcpuExit {}

  /** The instruction limit of the machine is reached; the vCPU does not go on. */
  record LimitReached() implements VcpuExit {}
}
