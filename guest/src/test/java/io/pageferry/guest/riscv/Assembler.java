package io.pageferry.guest.riscv;

import io.pageferry.guest.device.Finisher;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Assembles test programs: a method an instruction, with labels that are instruction numbers. */
public final class Assembler {
  public static final int ZERO = 0;
  public static final int RA = 1;
  public static final int SP = 2;
  public static final int T0 = 5;
  public static final int T1 = 6;
  public static final int T2 = 7;
  public static final int S0 = 8;
  public static final int S1 = 9;
  public static final int A0 = 10;
  public static final int A1 = 11;
  public static final int A2 = 12;
  public static final int A3 = 13;
  public static final int A4 = 14;
  public static final int A5 = 15;

  public static final int MSTATUS = 0x300;
  public static final int MISA = 0x301;
  public static final int MIE = 0x304;
  public static final int MTVEC = 0x305;
  public static final int MSCRATCH = 0x340;
  public static final int MEPC = 0x341;
  public static final int MCAUSE = 0x342;
  public static final int MTVAL = 0x343;
  public static final int MIP = 0x344;
  public static final int MINSTRET = 0xb02;
  public static final int TIME = 0xc01;
  public static final int INSTRET = 0xc02;
  public static final int MHARTID = 0xf14;

  private final List<Integer> code = new ArrayList<>();

  /** The address of the next instruction, relative to the start. */
  public int here() {
    return code.size() * 4;
  }

  public Assembler raw(int instruction) {
    code.add(instruction);
    return this;
  }

  public byte[] bytes() {
    ByteBuffer buffer = ByteBuffer.allocate(code.size() * 4).order(ByteOrder.LITTLE_ENDIAN);
    code.forEach(buffer::putInt);
    return buffer.array();
  }

  /** Adds a piece of code that does not depend on where it is. */
  public Assembler append(Assembler piece) {
    code.addAll(piece.code);
    return this;
  }

  /** Fills up with zeros, which are no instruction, to an address relative to the start. */
  public Assembler padTo(int address) {
    while (here() < address) {
      code.add(0);
    }
    return this;
  }

  public Assembler r(int opcode, int funct3, int funct7, int rd, int rs1, int rs2) {
    return raw(funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode);
  }

  public Assembler i(int opcode, int funct3, int rd, int rs1, int immediate) {
    return raw(immediate << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode);
  }

  public Assembler op(int funct3, int funct7, int rd, int rs1, int rs2) {
    return r(0x33, funct3, funct7, rd, rs1, rs2);
  }

  public Assembler opWord(int funct3, int funct7, int rd, int rs1, int rs2) {
    return r(0x3b, funct3, funct7, rd, rs1, rs2);
  }

  public Assembler add(int rd, int rs1, int rs2) {
    return op(0, 0, rd, rs1, rs2);
  }

  public Assembler addi(int rd, int rs1, int immediate) {
    return i(0x13, 0, rd, rs1, immediate);
  }

  public Assembler lui(int rd, int upper) {
    return raw(upper << 12 | rd << 7 | 0x37);
  }

  public Assembler auipc(int rd, int upper) {
    return raw(upper << 12 | rd << 7 | 0x17);
  }

  /** Any 64-bit constant, in eleven instructions. */
  public Assembler li(int rd, long value) {
    addi(rd, ZERO, (int) (value >> 55 & 0x1ff) << 23 >> 23);
    for (int shift = 44; shift >= 0; shift -= 11) {
      slli(rd, rd, 11).i(0x13, 6, rd, rd, (int) (value >>> shift & 0x7ff));
    }
    return this;
  }

  public Assembler slli(int rd, int rs1, int shift) {
    return i(0x13, 1, rd, rs1, shift);
  }

  public Assembler load(int funct3, int rd, int base, int offset) {
    return i(0x03, funct3, rd, base, offset);
  }

  public Assembler ld(int rd, int base, int offset) {
    return load(3, rd, base, offset);
  }

  public Assembler store(int funct3, int source, int base, int offset) {
    return raw(
        (offset >> 5 & 0x7f) << 25
            | source << 20
            | base << 15
            | funct3 << 12
            | (offset & 0x1f) << 7
            | 0x23);
  }

  public Assembler sd(int source, int base, int offset) {
    return store(3, source, base, offset);
  }

  public Assembler sw(int source, int base, int offset) {
    return store(2, source, base, offset);
  }

  public Assembler branch(int funct3, int rs1, int rs2, int target) {
    int offset = target - here();
    return raw(
        (offset >> 12 & 1) << 31
            | (offset >> 5 & 0x3f) << 25
            | rs2 << 20
            | rs1 << 15
            | funct3 << 12
            | (offset >> 1 & 0xf) << 8
            | (offset >> 11 & 1) << 7
            | 0x63);
  }

  public Assembler beq(int rs1, int rs2, int target) {
    return branch(0, rs1, rs2, target);
  }

  public Assembler bne(int rs1, int rs2, int target) {
    return branch(1, rs1, rs2, target);
  }

  public Assembler jal(int rd, int target) {
    int offset = target - here();
    return raw(
        (offset >> 20 & 1) << 31
            | (offset >> 1 & 0x3ff) << 21
            | (offset >> 11 & 1) << 20
            | (offset >> 12 & 0xff) << 12
            | rd << 7
            | 0x6f);
  }

  public Assembler jalr(int rd, int rs1, int offset) {
    return i(0x67, 0, rd, rs1, offset);
  }

  public Assembler amo(int funct5, int funct3, int rd, int address, int source) {
    return r(0x2f, funct3, funct5 << 2, rd, address, source);
  }

  public Assembler csrrw(int rd, int csr, int rs1) {
    return i(0x73, 1, rd, rs1, csr);
  }

  public Assembler csrrs(int rd, int csr, int rs1) {
    return i(0x73, 2, rd, rs1, csr);
  }

  public Assembler csrrwi(int rd, int csr, int value) {
    return i(0x73, 5, rd, value, csr);
  }

  public Assembler csrr(int rd, int csr) {
    return csrrs(rd, csr, ZERO);
  }

  public Assembler csrw(int csr, int rs1) {
    return csrrw(ZERO, csr, rs1);
  }

  public Assembler ecall() {
    return raw(0x73);
  }

  public Assembler ebreak() {
    return raw(0x100073);
  }

  public Assembler mret() {
    return raw(0x30200073);
  }

  public Assembler wfi() {
    return raw(0x10500073);
  }

  public Assembler fenceI() {
    return raw(0x100f);
  }

  /** Ends the guest with an exit code, through the test finisher; uses t0 and t1. */
  public Assembler exit(int code) {
    return li(T0, Finisher.BASE)
        .li(T1, code == 0 ? 0x5555 : (long) code << 16 | 0x3333)
        .sw(T1, T0, 0);
  }
}
