package io.pageferry.guest.riscv;

/**
 * Turns RV64IMA, Zicsr and Zifencei instructions into {@link Op operations}. Stateless; any thread.
 *
 * <p>Source of the encodings: The RISC-V Instruction Set Manual, Volume I, chapter "RV32/64G
 * Instruction Set Listings".
 */
final class Decoder {
  private static final int[] BRANCHES = {
    Op.BEQ, Op.BNE, Op.ILLEGAL, Op.ILLEGAL, Op.BLT, Op.BGE, Op.BLTU, Op.BGEU
  };
  private static final int[] LOADS = {
    Op.LB, Op.LH, Op.LW, Op.LD, Op.LBU, Op.LHU, Op.LWU, Op.ILLEGAL
  };
  private static final int[] STORES = {
    Op.SB, Op.SH, Op.SW, Op.SD, Op.ILLEGAL, Op.ILLEGAL, Op.ILLEGAL, Op.ILLEGAL
  };
  private static final int[] IMMEDIATES = {
    Op.ADDI, Op.SLLI, Op.SLTI, Op.SLTIU, Op.XORI, Op.SRLI, Op.ORI, Op.ANDI
  };
  private static final int[] REGISTERS = {
    Op.ADD, Op.SLL, Op.SLT, Op.SLTU, Op.XOR, Op.SRL, Op.OR, Op.AND
  };

  private Decoder() {}

  static long decode(int instruction) {
    int funct3 = instruction >>> 12 & 7;
    int immediate = instruction >> 20;
    return switch (instruction & 0x7f) {
      case 0x37 -> packed(Op.LUI, instruction, instruction & 0xfffff000);
      case 0x17 -> packed(Op.AUIPC, instruction, instruction & 0xfffff000);
      case 0x6f -> jump(instruction);
      case 0x67 -> funct3 == 0 ? packed(Op.JALR, instruction, immediate) : illegal(instruction);
      case 0x63 -> sources(BRANCHES[funct3], instruction, branchOffset(instruction));
      case 0x03 -> packed(LOADS[funct3], instruction, immediate);
      case 0x23 -> sources(STORES[funct3], instruction, storeOffset(instruction));
      case 0x13 -> withImmediate(instruction, funct3, immediate);
      case 0x1b -> withImmediateWord(instruction, funct3, immediate);
      case 0x33 -> withRegister(instruction, funct3, instruction >>> 25);
      case 0x3b -> withRegisterWord(instruction, funct3, instruction >>> 25);
      case 0x0f -> fence(instruction, funct3);
      case 0x2f -> atomic(instruction, funct3);
      case 0x73 -> packed(Op.SYSTEM, instruction, instruction);
      default -> illegal(instruction);
    };
  }

  private static long packed(int op, int instruction, int immediate) {
    return op == Op.ILLEGAL
        ? illegal(instruction)
        : Op.pack(op, rd(instruction), rs1(instruction), rs2(instruction), immediate);
  }

  /** An operation without a destination: its bits 7–11 are part of the immediate. */
  private static long sources(int op, int instruction, int immediate) {
    return op == Op.ILLEGAL
        ? illegal(instruction)
        : Op.pack(op, 0, rs1(instruction), rs2(instruction), immediate);
  }

  private static long illegal(int instruction) {
    return Op.pack(Op.ILLEGAL, 0, 0, 0, instruction);
  }

  private static long jump(int instruction) {
    int offset =
        (instruction >> 31 << 20)
            | (instruction & 0xff000)
            | (instruction >>> 20 & 1) << 11
            | (instruction >>> 21 & 0x3ff) << 1;
    // A jump to a misaligned address traps without writing its destination.
    return Op.pack(Op.JAL, (offset & 3) == 0 ? rd(instruction) : 0, 0, 0, offset);
  }

  private static int branchOffset(int instruction) {
    return (instruction >> 31 << 12)
        | (instruction >>> 7 & 1) << 11
        | (instruction >>> 25 & 0x3f) << 5
        | (instruction >>> 8 & 0xf) << 1;
  }

  private static int storeOffset(int instruction) {
    return (instruction >> 25 << 5) | (instruction >>> 7 & 0x1f);
  }

  private static long withImmediate(int instruction, int funct3, int immediate) {
    int shift = immediate & 0x3f;
    int funct6 = instruction >>> 26;
    return switch (funct3) {
      case 1 -> funct6 == 0 ? packed(Op.SLLI, instruction, shift) : illegal(instruction);
      case 5 -> packed(rightShift(funct6 << 1, Op.SRLI, Op.SRAI), instruction, shift);
      default -> packed(IMMEDIATES[funct3], instruction, immediate);
    };
  }

  private static long withImmediateWord(int instruction, int funct3, int immediate) {
    int shift = immediate & 0x1f;
    int funct7 = instruction >>> 25;
    return switch (funct3) {
      case 0 -> packed(Op.ADDIW, instruction, immediate);
      case 1 -> funct7 == 0 ? packed(Op.SLLIW, instruction, shift) : illegal(instruction);
      case 5 -> packed(rightShift(funct7, Op.SRLIW, Op.SRAIW), instruction, shift);
      default -> illegal(instruction);
    };
  }

  private static int rightShift(int funct7, int logical, int arithmetic) {
    return funct7 == 0 ? logical : funct7 == 0x20 ? arithmetic : Op.ILLEGAL;
  }

  private static long withRegister(int instruction, int funct3, int funct7) {
    return switch (funct7) {
      case 0 -> packed(REGISTERS[funct3], instruction, 0);
      case 1 ->
          funct3 == 0
              ? packed(Op.MUL, instruction, 0)
              : packed(Op.DIVISION, instruction, Division.selector(funct3, false));
      case 0x20 ->
          switch (funct3) {
            case 0 -> packed(Op.SUB, instruction, 0);
            case 5 -> packed(Op.SRA, instruction, 0);
            default -> illegal(instruction);
          };
      default -> illegal(instruction);
    };
  }

  private static long withRegisterWord(int instruction, int funct3, int funct7) {
    return switch (funct7 << 3 | funct3) {
      case 0 -> packed(Op.ADDW, instruction, 0);
      case 1 -> packed(Op.SLLW, instruction, 0);
      case 5 -> packed(Op.SRLW, instruction, 0);
      case 0x20 << 3 -> packed(Op.SUBW, instruction, 0);
      case 0x20 << 3 | 5 -> packed(Op.SRAW, instruction, 0);
      case 1 << 3 -> packed(Op.MULW, instruction, 0);
      case 1 << 3 | 4, 1 << 3 | 5, 1 << 3 | 6, 1 << 3 | 7 ->
          packed(Op.DIVISION, instruction, Division.selector(funct3, true));
      default -> illegal(instruction);
    };
  }

  private static long fence(int instruction, int funct3) {
    return switch (funct3) {
      case 0 -> Op.pack(Op.FENCE, 0, 0, 0, 0);
      case 1 -> Op.pack(Op.FENCE_I, 0, 0, 0, 0);
      default -> illegal(instruction);
    };
  }

  private static long atomic(int instruction, int funct3) {
    boolean known = Atomics.isKnown(instruction);
    return known && (funct3 == 2 || funct3 == 3)
        ? packed(Op.ATOMIC, instruction, instruction)
        : illegal(instruction);
  }

  private static int rd(int instruction) {
    return instruction >>> 7 & 0x1f;
  }

  private static int rs1(int instruction) {
    return instruction >>> 15 & 0x1f;
  }

  private static int rs2(int instruction) {
    return instruction >>> 20 & 0x1f;
  }
}
