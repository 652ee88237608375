package io.pageferry.guest.riscv;

/**
 * Decoded operations: what {@link Decoder} produces and {@link Interpreter} executes.
 *
 * <p>An operation is one long: number in bits 0–7, destination register in 8–15, source registers
 * in 16–23 and 24–31, and a signed 32-bit immediate above. A destination of {@link #DISCARD} stands
 * for x0, so that the interpreter needs no test for it.
 */
final class Op {
  /** Register number that writes to x0 go to. */
  static final int DISCARD = 32;

  /** Not decoded yet; zero, as a fresh array has it. */
  static final int UNDECODED = 0;

  /** Behind a page's last instruction: goes on in the next page. */
  static final int PAGE_END = 1;

  /** Around the only instruction of a single step: stops. */
  static final int STEP_END = 2;

  static final int LUI = 3;
  static final int AUIPC = 4;
  static final int ADDI = 5;
  static final int SLTI = 6;
  static final int SLTIU = 7;
  static final int XORI = 8;
  static final int ORI = 9;
  static final int ANDI = 10;
  static final int SLLI = 11;
  static final int SRLI = 12;
  static final int SRAI = 13;
  static final int ADDIW = 14;
  static final int SLLIW = 15;
  static final int SRLIW = 16;
  static final int SRAIW = 17;
  static final int ADD = 18;
  static final int SUB = 19;
  static final int SLL = 20;
  static final int SLT = 21;
  static final int SLTU = 22;
  static final int XOR = 23;
  static final int SRL = 24;
  static final int SRA = 25;
  static final int OR = 26;
  static final int AND = 27;
  static final int ADDW = 28;
  static final int SUBW = 29;
  static final int SLLW = 30;
  static final int SRLW = 31;
  static final int SRAW = 32;
  static final int MUL = 33;
  static final int MULW = 34;

  /** High products, divisions and remainders; the immediate is what {@link Division} takes. */
  static final int DIVISION = 35;

  static final int LB = 36;
  static final int LH = 37;
  static final int LW = 38;
  static final int LD = 39;
  static final int LBU = 40;
  static final int LHU = 41;
  static final int LWU = 42;
  static final int SB = 43;
  static final int SH = 44;
  static final int SW = 45;
  static final int SD = 46;
  static final int BEQ = 47;
  static final int BNE = 48;
  static final int BLT = 49;
  static final int BGE = 50;
  static final int BLTU = 51;
  static final int BGEU = 52;
  static final int JAL = 53;
  static final int JALR = 54;
  static final int FENCE = 55;
  static final int FENCE_I = 56;

  /** LR, SC and AMOs; the immediate is the instruction. */
  static final int ATOMIC = 57;

  /** CSR accesses and everything privileged; the immediate is the instruction. */
  static final int SYSTEM = 58;

  /** The immediate is the instruction. */
  static final int ILLEGAL = 59;

  private Op() {}

  static long pack(int op, int rd, int rs1, int rs2, int immediate) {
    int destination = rd == 0 ? DISCARD : rd;
    return ((long) immediate << 32)
        | ((long) rs2 << 24)
        | ((long) rs1 << 16)
        | ((long) destination << 8)
        | op;
  }

  static int number(long word) {
    return (int) word & 0xff;
  }

  /** Bytes that a load or store accesses. */
  static int accessBytes(int op) {
    return switch (op) {
      case LB, LBU, SB -> 1;
      case LH, LHU, SH -> 2;
      case LW, LWU, SW -> 4;
      case LD, SD -> 8;
      default -> throw new IllegalArgumentException("Operation " + op + " accesses no memory.");
    };
  }
}
