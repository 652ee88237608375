package io.pageferry.guest.riscv;

import io.pageferry.guest.device.Clint;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * The control and status registers of machine mode, the instructions that use them, and how traps
 * are entered and left. There is no other mode: MPP is always machine mode. Used by the hart's
 * thread.
 *
 * <p>Source: The RISC-V Instruction Set Manual, Volume II, chapter "Machine-Level ISA".
 */
final class Csrs {
  static final int SOFTWARE_INTERRUPT = 3;
  static final int TIMER_INTERRUPT = 7;

  private static final int EXTERNAL_INTERRUPT = 11;
  private static final long INTERRUPT_MASK =
      1L << SOFTWARE_INTERRUPT | 1L << TIMER_INTERRUPT | 1L << EXTERNAL_INTERRUPT;
  private static final long INTERRUPT_FLAG = 1L << 63;
  private static final long MIE = 1 << 3;
  private static final long MPIE = 1 << 7;
  private static final long MPP_MACHINE = 3 << 11;

  /** 64 bits, with I, M and A. */
  private static final long MISA = 2L << 62 | 1 << 8 | 1 << 12 | 1;

  private static final int ECALL = 0x0000_0073;
  private static final int EBREAK = 0x0010_0073;
  private static final int MRET = 0x3020_0073;
  private static final int WFI = 0x1050_0073;

  private static final int A0 = 10;
  private static final int A1 = 11;
  private static final int A2 = 12;
  private static final int A6 = 16;
  private static final int A7 = 17;

  /** In the SBI's space for experimental extensions. */
  private static final long MEMORY_EXTENSION = 0x0850_464d;

  /** Of the extension: memory from a0, a1 bytes, becomes private (a2 is 1) or shared (0). */
  private static final long CONVERT = 0;

  private static final long NOT_SUPPORTED = -2;
  private static final long INVALID_PARAMETER = -3;

  private final int hart;
  private final HartContext context;
  private final Clint clint;

  private long mstatus;
  private long mie;
  private long mtvec;
  private long mscratch;
  private long mepc;
  private long mcause;
  private long mtval;
  private long mcycleOffset;
  private long minstretOffset;

  /** Whether the last {@link #read} or {@link #write} named a register that does not exist. */
  private boolean unknown;

  Csrs(int hart, HartContext context, Clint clint) {
    this.hart = hart;
    this.context = context;
    this.clint = clint;
  }

  /**
   * Executes an instruction with major opcode SYSTEM, or stops the hart.
   *
   * @return whether the interpreter may go on with the next instruction
   */
  boolean execute(int instruction, long a) {
    int funct3 = instruction >>> 12 & 7;
    if (funct3 != 0 && funct3 != 4) {
      return accessRegister(instruction, funct3, a);
    }
    switch (instruction) {
      case ECALL -> call();
      case EBREAK -> context.trap(Trap.BREAKPOINT, context.pc);
      case MRET -> {
        mstatus = MPIE | ((mstatus & MPIE) != 0 ? MIE : 0);
        retireTo(mepc);
      }
      case WFI -> {
        context.waiting = true;
        retireTo(context.pc + Integer.BYTES);
      }
      default -> illegal(instruction);
    }
    return false;
  }

  /**
   * A call of the hypervisor, if a7 says so; else an exception. The hypervisor's answer is to be
   * taken with {@link #completeHypercall}; before that, the instruction may be executed again.
   */
  private void call() {
    if (context.x[A7] != MEMORY_EXTENSION) {
      context.trap(Trap.ECALL_FROM_MACHINE, 0);
    } else if (context.x[A6] == CONVERT && (context.x[A2] & ~1L) == 0) {
      context.hypercall(context.x[A0], context.x[A1], context.x[A2] == 1);
    } else {
      context.set(A0, context.x[A6] == CONVERT ? INVALID_PARAMETER : NOT_SUPPORTED);
      context.set(A1, 0);
      retireTo(context.pc + Integer.BYTES);
    }
  }

  /** Ends a call of the hypervisor that has its answer. */
  void completeHypercall() {
    if (context.hypercall.isCompleted()) {
      context.set(A0, context.hypercall.error());
      context.set(A1, 0);
      context.hypercall.taken();
      retireTo(context.pc + Integer.BYTES);
    }
  }

  private void illegal(int instruction) {
    context.trap(Trap.ILLEGAL_INSTRUCTION, instruction & 0xffff_ffffL);
  }

  private void retireTo(long pc) {
    context.pc = pc;
    context.retired++;
  }

  private boolean accessRegister(int instruction, int funct3, long a) {
    int register = instruction >>> 20;
    int source = instruction >>> 15 & 0x1f;
    long operand = (funct3 & 4) == 0 ? a : source;
    boolean writes = (funct3 & 3) == 1 || source != 0;
    unknown = writes && register >>> 10 == 3;
    long old = unknown ? 0 : read(register);
    if (!unknown && writes) {
      write(
          register,
          switch (funct3 & 3) {
            case 1 -> operand;
            case 2 -> old | operand;
            default -> old & ~operand;
          });
    }
    if (unknown) {
      illegal(instruction);
      return false;
    }
    context.set(instruction >>> 7 & 0x1f, old);
    if (writes) {
      // It may have unmasked an interrupt, so the hart has to look.
      retireTo(context.pc + Integer.BYTES);
    }
    return !writes;
  }

  private long read(int register) {
    return switch (register) {
      case 0x300 -> mstatus | MPP_MACHINE;
      case 0x301 -> MISA;
      case 0x304 -> mie;
      case 0x305 -> mtvec;
      case 0x340 -> mscratch;
      case 0x341 -> mepc;
      case 0x342 -> mcause;
      case 0x343 -> mtval;
      case 0x344 -> pending();
      case 0xb00, 0xc00 -> context.retired + mcycleOffset;
      case 0xb02, 0xc02 -> context.retired + minstretOffset;
      case 0xc01 -> clint.time(hart, context.retired);
      case 0xf14 -> hart;
      default -> {
        unknown = !readsAsZero(register);
        yield 0;
      }
    };
  }

  private void write(int register, long value) {
    switch (register) {
      case 0x300 -> mstatus = value & (MIE | MPIE);
      case 0x304 -> mie = value & INTERRUPT_MASK;
      case 0x305 -> mtvec = value & ~2L;
      case 0x340 -> mscratch = value;
      case 0x341 -> mepc = value & ~3L;
      case 0x342 -> mcause = value;
      case 0x343 -> mtval = value;
      // The instruction's own increment comes on top of what it writes, hence one less.
      case 0xb00 -> mcycleOffset = value - context.retired - 1;
      case 0xb02 -> minstretOffset = value - context.retired - 1;
      // misa and mip have no bits that can be written; the rest reads as zero.
      default -> {}
    }
  }

  /** Identification, counters that count nothing, and protection without entries. */
  private static boolean readsAsZero(int register) {
    return (register >= 0xf11 && register <= 0xf15)
        || (register >= 0xb03 && register <= 0xb1f)
        || (register >= 0xc03 && register <= 0xc1f)
        || register == 0x320
        || (register >= 0x323 && register <= 0x33f)
        || (register >= 0x3a0 && register <= 0x3ef);
  }

  /** The value of mip. */
  long pending() {
    return (clint.softwarePending(hart) ? 1L << SOFTWARE_INTERRUPT : 0)
        | (clint.timerPending(hart, context.retired) ? 1L << TIMER_INTERRUPT : 0);
  }

  /** Whether an interrupt is pending that would end WFI. */
  boolean wakes() {
    return mie != 0 && (pending() & mie) != 0;
  }

  /** Whether the hart's timer would end WFI some day. */
  boolean timerWillWake() {
    return (mie & 1L << TIMER_INTERRUPT) != 0 && clint.deadline(hart) != -1;
  }

  /** Whether a software interrupt ends WFI now. Any thread, while the hart waits. */
  boolean softwareWakes() {
    return (mie & 1L << SOFTWARE_INTERRUPT) != 0 && clint.softwarePending(hart);
  }

  /** Enters the handler of a pending interrupt, if one is enabled. */
  void takeInterrupt() {
    if ((mstatus & MIE) == 0 || mie == 0) {
      return;
    }
    long taken = pending() & mie;
    if (taken != 0) {
      int cause = (taken & 1L << SOFTWARE_INTERRUPT) != 0 ? SOFTWARE_INTERRUPT : TIMER_INTERRUPT;
      enter(INTERRUPT_FLAG | cause, 0);
      context.pc = (mtvec & 1) != 0 ? (mtvec & ~3L) + 4L * cause : mtvec;
    }
  }

  /** Enters the handler of the exception that stopped the hart. */
  void takeException() {
    enter(context.trapCause, context.trapValue);
    context.pc = mtvec & ~3L;
  }

  private void enter(long cause, long value) {
    mepc = context.pc;
    mcause = cause;
    mtval = value;
    mstatus = (mstatus & MIE) != 0 ? MPIE : 0;
  }

  void save(DataOutput out) throws IOException {
    for (long value :
        new long[] {
          mstatus, mie, mtvec, mscratch, mepc, mcause, mtval, mcycleOffset, minstretOffset
        }) {
      out.writeLong(value);
    }
  }

  /** Reads what {@link #save} wrote; bits that do not exist are dropped. */
  void load(DataInput in) throws IOException {
    mstatus = in.readLong() & (MIE | MPIE);
    mie = in.readLong() & INTERRUPT_MASK;
    mtvec = in.readLong() & ~2L;
    mscratch = in.readLong();
    mepc = in.readLong() & ~3L;
    mcause = in.readLong();
    mtval = in.readLong();
    mcycleOffset = in.readLong();
    minstretOffset = in.readLong();
  }
}
