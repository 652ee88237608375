package io.pageferry.guest.riscv;

import java.lang.invoke.VarHandle;

/**
 * Executes decoded instructions until something else needs attention. Used by the hart's thread.
 *
 * <p>How it is fast: an instruction is decoded once; jumps within a page are arithmetic on an
 * index; loads and stores compare one tag and go straight to host memory; nothing is allocated; and
 * only taken jumps test whether to stop. Since the index counts instructions as well, the program
 * counter and the number of instructions retired are known at every point without being kept.
 *
 * <p>The file is longer than any other of the project: the loop is one method with a case for each
 * operation, because a loop that calls a method for each would keep its state in memory.
 */
final class Interpreter {
  private final HartContext context;
  private final HartMemory memory;
  private final CodeCache codeCache;
  private final Atomics atomics;
  private final Csrs csrs;
  private final CodePage single = new CodePage();

  Interpreter(
      HartContext context, HartMemory memory, CodeCache codeCache, Atomics atomics, Csrs csrs) {
    this.context = context;
    this.memory = memory;
    this.codeCache = codeCache;
    this.atomics = atomics;
    this.csrs = csrs;
    single.stopEverywhere();
  }

  /** Executes the one instruction at the program counter, which is in {@code code}. */
  void step(CodePage code) {
    int index = (int) (context.pc - code.address) >>> 2;
    long op = code.ops[index];
    single.address = code.address;
    single.ops[index] = op == Op.UNDECODED ? code.decode(index) : op;
    try {
      execute(single, Long.MIN_VALUE);
    } finally {
      single.ops[index] = Op.STEP_END;
    }
  }

  /**
   * Executes from the program counter, which is in {@code code}, until a taken jump finds at least
   * {@code end} instructions retired or attention requested, or an instruction stops the hart.
   *
   * <p>One method, although long: the loop must stay in one compilation, with its state in
   * registers. It must also stay below 8000 bytes of bytecode, the most that HotSpot compiles; what
   * is rare is therefore elsewhere.
   */
  @SuppressWarnings(
      "IntLongMath") // Shifts of words are meant to drop bits before they are extended.
  void execute(CodePage entry, long end) {
    final long[] x = context.x;
    final long[] tlb = memory.tlb;
    long[] ops = entry.ops;
    CodePage code = entry;
    long base = entry.address;
    int i = (int) (context.pc - base) >>> 2;
    // Instructions retired are always `before + i`.
    long before = context.retired - i;
    while (true) {
      long word = ops[i++];
      int rd = (int) (word >>> 8) & 0x3f;
      long a = x[(int) (word >>> 16) & 0x3f];
      long b = x[(int) (word >>> 24) & 0x3f];
      long immediate = word >> 32;
      // Where to jump, from the start of the page.
      long offset;
      switch ((int) word & 0xff) {
        case Op.LUI -> {
          x[rd] = immediate;
          continue;
        }
        case Op.AUIPC -> {
          x[rd] = base + ((long) i << 2) - 4 + immediate;
          continue;
        }
        case Op.ADDI -> {
          x[rd] = a + immediate;
          continue;
        }
        case Op.SLTI -> {
          x[rd] = a < immediate ? 1 : 0;
          continue;
        }
        case Op.SLTIU -> {
          x[rd] = Long.compareUnsigned(a, immediate) < 0 ? 1 : 0;
          continue;
        }
        case Op.XORI -> {
          x[rd] = a ^ immediate;
          continue;
        }
        case Op.ORI -> {
          x[rd] = a | immediate;
          continue;
        }
        case Op.ANDI -> {
          x[rd] = a & immediate;
          continue;
        }
        case Op.SLLI -> {
          x[rd] = a << (int) immediate;
          continue;
        }
        case Op.SRLI -> {
          x[rd] = a >>> (int) immediate;
          continue;
        }
        case Op.SRAI -> {
          x[rd] = a >> (int) immediate;
          continue;
        }
        case Op.ADDIW -> {
          x[rd] = (int) (a + immediate);
          continue;
        }
        case Op.SLLIW -> {
          x[rd] = (int) a << (int) immediate;
          continue;
        }
        case Op.SRLIW -> {
          x[rd] = (int) a >>> (int) immediate;
          continue;
        }
        case Op.SRAIW -> {
          x[rd] = (int) a >> (int) immediate;
          continue;
        }
        case Op.ADD -> {
          x[rd] = a + b;
          continue;
        }
        case Op.SUB -> {
          x[rd] = a - b;
          continue;
        }
        case Op.SLL -> {
          x[rd] = a << (int) b;
          continue;
        }
        case Op.SLT -> {
          x[rd] = a < b ? 1 : 0;
          continue;
        }
        case Op.SLTU -> {
          x[rd] = Long.compareUnsigned(a, b) < 0 ? 1 : 0;
          continue;
        }
        case Op.XOR -> {
          x[rd] = a ^ b;
          continue;
        }
        case Op.SRL -> {
          x[rd] = a >>> (int) b;
          continue;
        }
        case Op.SRA -> {
          x[rd] = a >> (int) b;
          continue;
        }
        case Op.OR -> {
          x[rd] = a | b;
          continue;
        }
        case Op.AND -> {
          x[rd] = a & b;
          continue;
        }
        case Op.ADDW -> {
          x[rd] = (int) (a + b);
          continue;
        }
        case Op.SUBW -> {
          x[rd] = (int) (a - b);
          continue;
        }
        case Op.SLLW -> {
          x[rd] = (int) a << (int) b;
          continue;
        }
        case Op.SRLW -> {
          x[rd] = (int) a >>> (int) b;
          continue;
        }
        case Op.SRAW -> {
          x[rd] = (int) a >> (int) b;
          continue;
        }
        case Op.MUL -> {
          x[rd] = a * b;
          continue;
        }
        case Op.MULW -> {
          x[rd] = (int) (a * b);
          continue;
        }
        case Op.DIVISION -> {
          x[rd] = Division.apply((int) immediate, a, b);
          continue;
        }
        case Op.LB -> {
          long address = a + immediate;
          int tag = (int) (address >>> HartMemory.INDEX_SHIFT) & HartMemory.INDEX_MASK;
          if (tlb[tag] == (address & HartMemory.BYTE_TAG)) {
            x[rd] = HostMemory.getByte(address + tlb[tag + HartMemory.ADDEND]);
            continue;
          }
          if (load(word, address, base, i, before)) {
            continue;
          }
          return;
        }
        case Op.LBU -> {
          long address = a + immediate;
          int tag = (int) (address >>> HartMemory.INDEX_SHIFT) & HartMemory.INDEX_MASK;
          if (tlb[tag] == (address & HartMemory.BYTE_TAG)) {
            x[rd] = HostMemory.getByte(address + tlb[tag + HartMemory.ADDEND]) & 0xffL;
            continue;
          }
          if (load(word, address, base, i, before)) {
            continue;
          }
          return;
        }
        case Op.LH -> {
          long address = a + immediate;
          int tag = (int) (address >>> HartMemory.INDEX_SHIFT) & HartMemory.INDEX_MASK;
          if (tlb[tag] == (address & HartMemory.HALF_TAG)) {
            x[rd] = HostMemory.getShort(address + tlb[tag + HartMemory.ADDEND]);
            continue;
          }
          if (load(word, address, base, i, before)) {
            continue;
          }
          return;
        }
        case Op.LHU -> {
          long address = a + immediate;
          int tag = (int) (address >>> HartMemory.INDEX_SHIFT) & HartMemory.INDEX_MASK;
          if (tlb[tag] == (address & HartMemory.HALF_TAG)) {
            x[rd] = HostMemory.getShort(address + tlb[tag + HartMemory.ADDEND]) & 0xffffL;
            continue;
          }
          if (load(word, address, base, i, before)) {
            continue;
          }
          return;
        }
        case Op.LW -> {
          long address = a + immediate;
          int tag = (int) (address >>> HartMemory.INDEX_SHIFT) & HartMemory.INDEX_MASK;
          if (tlb[tag] == (address & HartMemory.WORD_TAG)) {
            x[rd] = HostMemory.getInt(address + tlb[tag + HartMemory.ADDEND]);
            continue;
          }
          if (load(word, address, base, i, before)) {
            continue;
          }
          return;
        }
        case Op.LWU -> {
          long address = a + immediate;
          int tag = (int) (address >>> HartMemory.INDEX_SHIFT) & HartMemory.INDEX_MASK;
          if (tlb[tag] == (address & HartMemory.WORD_TAG)) {
            x[rd] = HostMemory.getInt(address + tlb[tag + HartMemory.ADDEND]) & 0xffff_ffffL;
            continue;
          }
          if (load(word, address, base, i, before)) {
            continue;
          }
          return;
        }
        case Op.LD -> {
          long address = a + immediate;
          int tag = (int) (address >>> HartMemory.INDEX_SHIFT) & HartMemory.INDEX_MASK;
          if (tlb[tag] == (address & HartMemory.DOUBLE_TAG)) {
            x[rd] = HostMemory.getLong(address + tlb[tag + HartMemory.ADDEND]);
            continue;
          }
          if (load(word, address, base, i, before)) {
            continue;
          }
          return;
        }
        case Op.SB -> {
          long address = a + immediate;
          int tag = (int) (address >>> HartMemory.INDEX_SHIFT) & HartMemory.INDEX_MASK;
          if (tlb[tag + HartMemory.WRITABLE] == (address & HartMemory.BYTE_TAG)) {
            HostMemory.putByte(address + tlb[tag + HartMemory.ADDEND], (byte) b);
            continue;
          }
          if (store(word, address, b, base, i, before)) {
            continue;
          }
          return;
        }
        case Op.SH -> {
          long address = a + immediate;
          int tag = (int) (address >>> HartMemory.INDEX_SHIFT) & HartMemory.INDEX_MASK;
          if (tlb[tag + HartMemory.WRITABLE] == (address & HartMemory.HALF_TAG)) {
            HostMemory.putShort(address + tlb[tag + HartMemory.ADDEND], (short) b);
            continue;
          }
          if (store(word, address, b, base, i, before)) {
            continue;
          }
          return;
        }
        case Op.SW -> {
          long address = a + immediate;
          int tag = (int) (address >>> HartMemory.INDEX_SHIFT) & HartMemory.INDEX_MASK;
          if (tlb[tag + HartMemory.WRITABLE] == (address & HartMemory.WORD_TAG)) {
            HostMemory.putInt(address + tlb[tag + HartMemory.ADDEND], (int) b);
            continue;
          }
          if (store(word, address, b, base, i, before)) {
            continue;
          }
          return;
        }
        case Op.SD -> {
          long address = a + immediate;
          int tag = (int) (address >>> HartMemory.INDEX_SHIFT) & HartMemory.INDEX_MASK;
          if (tlb[tag + HartMemory.WRITABLE] == (address & HartMemory.DOUBLE_TAG)) {
            HostMemory.putLong(address + tlb[tag + HartMemory.ADDEND], b);
            continue;
          }
          if (store(word, address, b, base, i, before)) {
            continue;
          }
          return;
        }
        case Op.BEQ -> {
          if (a != b) {
            continue;
          }
          offset = ((long) i << 2) - 4 + immediate;
        }
        case Op.BNE -> {
          if (a == b) {
            continue;
          }
          offset = ((long) i << 2) - 4 + immediate;
        }
        case Op.BLT -> {
          if (a >= b) {
            continue;
          }
          offset = ((long) i << 2) - 4 + immediate;
        }
        case Op.BGE -> {
          if (a < b) {
            continue;
          }
          offset = ((long) i << 2) - 4 + immediate;
        }
        case Op.BLTU -> {
          if (Long.compareUnsigned(a, b) >= 0) {
            continue;
          }
          offset = ((long) i << 2) - 4 + immediate;
        }
        case Op.BGEU -> {
          if (Long.compareUnsigned(a, b) < 0) {
            continue;
          }
          offset = ((long) i << 2) - 4 + immediate;
        }
        case Op.JAL -> {
          x[rd] = base + ((long) i << 2);
          offset = ((long) i << 2) - 4 + immediate;
        }
        case Op.JALR -> {
          offset = (a + immediate & ~1L) - base;
          if ((offset & 2) == 0) {
            x[rd] = base + ((long) i << 2);
          }
        }
        case Op.PAGE_END -> {
          i--;
          offset = (long) i << 2;
        }
        case Op.UNDECODED -> {
          i--;
          var _ = code.decode(i);
          continue;
        }
        case Op.STEP_END -> {
          leave(base, i - 1, before);
          return;
        }
        default -> {
          leave(base, i - 1, before);
          if (rare(word, a, b)) {
            continue;
          }
          return;
        }
      }
      if ((offset & ~0xffcL) == 0) {
        int target = (int) offset >>> 2;
        before += i - target;
        i = target;
      } else if ((offset & 3) != 0) {
        leave(base, i - 1, before);
        context.trap(Trap.INSTRUCTION_MISALIGNED, base + offset);
        return;
      } else {
        long target = base + offset;
        CodePage next = codeCache.peek(target);
        if (next.address != (target & HartMemory.BYTE_TAG)) {
          leave(base, i, before);
          context.pc = target;
          return;
        }
        code = next;
        ops = next.ops;
        base = next.address;
        int index = (int) (target - base) >>> 2;
        before += i - index;
        i = index;
      }
      if (before + i >= end || context.attentionRequested()) {
        leave(base, i, before);
        return;
      }
    }
  }

  /** Writes back what the loop keeps in registers: the next instruction is number {@code i}. */
  private void leave(long base, int i, long before) {
    context.pc = base + ((long) i << 2);
    context.retired = before + i;
  }

  private boolean load(long word, long address, long base, int i, long before) {
    leave(base, i - 1, before);
    return memory.load(Op.number(word), (int) (word >>> 8) & 0x3f, address);
  }

  private boolean store(long word, long address, long value, long base, int i, long before) {
    leave(base, i - 1, before);
    return memory.store(Op.number(word), address, value);
  }

  /** Whether to go on with the next instruction. */
  private boolean rare(long word, long a, long b) {
    int instruction = (int) (word >> 32);
    return switch (Op.number(word)) {
      case Op.ATOMIC -> atomics.execute(instruction, a, b);
      case Op.SYSTEM -> csrs.execute(instruction, a);
      case Op.FENCE -> {
        VarHandle.fullFence();
        yield true;
      }
      case Op.FENCE_I -> {
        codeCache.drop();
        context.pc += Integer.BYTES;
        context.retired++;
        yield false;
      }
      default -> {
        context.trap(Trap.ILLEGAL_INSTRUCTION, instruction & 0xffff_ffffL);
        yield false;
      }
    };
  }
}
