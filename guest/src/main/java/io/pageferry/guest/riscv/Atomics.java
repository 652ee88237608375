package io.pageferry.guest.riscv;

import io.pageferry.guest.VcpuExit.Access;
import java.lang.foreign.MemorySegment;

/**
 * The A extension: LR, SC and AMOs, atomic across harts. Used by the hart's thread.
 *
 * <p>Every one is sequentially consistent, stronger than its aq and rl bits ask. A reservation is
 * an address and the value that LR found there; SC is a compare-and-set of that value, so it may
 * succeed although the word was changed and changed back in between.
 */
final class Atomics {
  private static final int LOAD_RESERVED = 0x02;
  private static final int STORE_CONDITIONAL = 0x03;
  private static final int WORD = 2;

  private final HartContext context;
  private final HartMemory memory;

  private boolean reserved;
  private long reservedAddress;
  private long reservedValue;

  Atomics(HartContext context, HartMemory memory) {
    this.context = context;
    this.memory = memory;
  }

  boolean reserved() {
    return reserved;
  }

  long reservedAddress() {
    return reservedAddress;
  }

  long reservedValue() {
    return reservedValue;
  }

  void reserve(boolean valid, long address, long value) {
    reserved = valid;
    reservedAddress = address;
    reservedValue = value;
  }

  /** Whether the operation of an instruction with major opcode AMO exists. */
  static boolean isKnown(int instruction) {
    return switch (instruction >>> 27) {
      case LOAD_RESERVED -> (instruction >>> 20 & 0x1f) == 0;
      case 0x00, 0x01, STORE_CONDITIONAL, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c -> true;
      default -> false;
    };
  }

  /**
   * Executes an instruction, or stops the hart.
   *
   * @return whether it was executed
   */
  boolean execute(int instruction, long address, long operand) {
    int operation = instruction >>> 27;
    boolean word = (instruction >>> 12 & 7) == WORD;
    int size = word ? Integer.BYTES : Long.BYTES;
    boolean load = operation == LOAD_RESERVED;
    if ((address & (size - 1)) != 0) {
      context.trap(load ? Trap.LOAD_MISALIGNED : Trap.STORE_MISALIGNED, address);
      return false;
    }
    long host = memory.hostAddress(address, size, load ? Access.READ : Access.WRITE);
    if (host == 0) {
      return false;
    }
    long result =
        switch (operation) {
          case LOAD_RESERVED -> loadReserved(address, host, word);
          case STORE_CONDITIONAL -> storeConditional(address, host, word, operand);
          default ->
              word ? modifyWord(operation, host, (int) operand) : modify(operation, host, operand);
        };
    context.set(instruction >>> 7 & 0x1f, result);
    return true;
  }

  private long loadReserved(long address, long host, boolean word) {
    long value =
        word
            ? (int) HostMemory.ATOMIC_INT.getVolatile(HostMemory.segment(), host)
            : (long) HostMemory.ATOMIC_LONG.getVolatile(HostMemory.segment(), host);
    reserve(true, address, value);
    return value;
  }

  private long storeConditional(long address, long host, boolean word, long operand) {
    boolean stored = false;
    if (reserved && reservedAddress == address) {
      MemorySegment all = HostMemory.segment();
      stored =
          word
              ? HostMemory.ATOMIC_INT.compareAndSet(all, host, (int) reservedValue, (int) operand)
              : HostMemory.ATOMIC_LONG.compareAndSet(all, host, reservedValue, operand);
    }
    reserved = false;
    return stored ? 0 : 1;
  }

  private static int modifyWord(int operation, long host, int operand) {
    MemorySegment all = HostMemory.segment();
    return switch (operation) {
      case 0x00 -> (int) HostMemory.ATOMIC_INT.getAndAdd(all, host, operand);
      case 0x01 -> (int) HostMemory.ATOMIC_INT.getAndSet(all, host, operand);
      case 0x04 -> (int) HostMemory.ATOMIC_INT.getAndBitwiseXor(all, host, operand);
      case 0x08 -> (int) HostMemory.ATOMIC_INT.getAndBitwiseOr(all, host, operand);
      case 0x0c -> (int) HostMemory.ATOMIC_INT.getAndBitwiseAnd(all, host, operand);
      default -> selectWord(operation, host, operand);
    };
  }

  private static int selectWord(int operation, long host, int operand) {
    MemorySegment all = HostMemory.segment();
    while (true) {
      int old = (int) HostMemory.ATOMIC_INT.getVolatile(all, host);
      boolean less = (operation & 0x08) == 0 ? operand < old : operand + MIN < old + MIN;
      boolean wantLess = (operation & 0x04) == 0;
      int chosen = less == wantLess ? operand : old;
      if (HostMemory.ATOMIC_INT.compareAndSet(all, host, old, chosen)) {
        return old;
      }
    }
  }

  /** Added to both sides, turns a signed comparison of words into an unsigned one. */
  private static final int MIN = Integer.MIN_VALUE;

  private static long modify(int operation, long host, long operand) {
    MemorySegment all = HostMemory.segment();
    return switch (operation) {
      case 0x00 -> (long) HostMemory.ATOMIC_LONG.getAndAdd(all, host, operand);
      case 0x01 -> (long) HostMemory.ATOMIC_LONG.getAndSet(all, host, operand);
      case 0x04 -> (long) HostMemory.ATOMIC_LONG.getAndBitwiseXor(all, host, operand);
      case 0x08 -> (long) HostMemory.ATOMIC_LONG.getAndBitwiseOr(all, host, operand);
      case 0x0c -> (long) HostMemory.ATOMIC_LONG.getAndBitwiseAnd(all, host, operand);
      default -> select(operation, host, operand);
    };
  }

  private static long select(int operation, long host, long operand) {
    MemorySegment all = HostMemory.segment();
    while (true) {
      long old = (long) HostMemory.ATOMIC_LONG.getVolatile(all, host);
      boolean less =
          (operation & 0x08) == 0 ? operand < old : Long.compareUnsigned(operand, old) < 0;
      boolean wantLess = (operation & 0x04) == 0;
      long chosen = less == wantLess ? operand : old;
      if (HostMemory.ATOMIC_LONG.compareAndSet(all, host, old, chosen)) {
        return old;
      }
    }
  }
}
