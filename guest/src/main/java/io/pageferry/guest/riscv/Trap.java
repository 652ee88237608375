package io.pageferry.guest.riscv;

import io.pageferry.guest.VcpuExit;

/** Trap causes of the RISC-V privileged architecture. */
final class Trap {
  static final int INSTRUCTION_MISALIGNED = 0;
  static final int INSTRUCTION_ACCESS = 1;
  static final int ILLEGAL_INSTRUCTION = 2;
  static final int BREAKPOINT = 3;
  static final int LOAD_MISALIGNED = 4;
  static final int LOAD_ACCESS = 5;
  static final int STORE_MISALIGNED = 6;
  static final int STORE_ACCESS = 7;
  static final int ECALL_FROM_MACHINE = 11;

  /** What an access to a page whose data is lost raises. */
  static final int HARDWARE_ERROR = 19;

  private Trap() {}

  /** The access fault of an access in no slot and no device. */
  static int accessFault(VcpuExit.Access access) {
    return switch (access) {
      case READ -> LOAD_ACCESS;
      case WRITE -> STORE_ACCESS;
      case EXECUTE -> INSTRUCTION_ACCESS;
    };
  }
}
