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

    /** Fills the exit in and returns it. */
    public MemoryFault set(long gpa, int size, Access kind, boolean isUserfault) {
      guestPhysicalAddress = gpa;
      sizeBytes = size;
      access = kind;
      userfault = isUserfault;
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

    @Override
    public String toString() {
      return access + " of " + sizeBytes + " bytes at 0x" + Long.toHexString(guestPhysicalAddress);
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
