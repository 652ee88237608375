package io.pageferry.guest.riscv;

import static io.pageferry.guest.riscv.Assembler.*;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstructionTest {
  private static final int RESULT = A0;
  private static final long DATA = TestHart.RAM + 0x8000;

  private static long hex(String value) {
    return value.startsWith("-")
        ? -Long.parseLong(value.substring(1), 16)
        : Long.parseUnsignedLong(value, 16);
  }

  private static long run(Assembler body, long a, long b) {
    try (TestHart guest = new TestHart(body.exit(0))) {
      guest.setX(A1, a);
      guest.setX(A2, b);
      assertThat(guest.runToShutdown()).isZero();
      return guest.x(RESULT);
    }
  }

  @ParameterizedTest(name = "funct3 {0} funct7 {1}: {2}, {3} gives {4}")
  @CsvSource({
    "0, 0, 7fffffffffffffff, 1, 8000000000000000",
    "0, 20, 0, 1, -1",
    "1, 0, 1, 7f, 8000000000000000",
    "2, 0, -1, 1, 1",
    "3, 0, -1, 1, 0",
    "3, 0, 1, -1, 1",
    "4, 0, ff, f0, f",
    "5, 0, 8000000000000000, 3f, 1",
    "5, 20, 8000000000000000, 3f, -1",
    "6, 0, f0, f, ff",
    "7, 0, ff, f0, f0",
    "0, 1, 100000001, 100000001, 200000001",
    "1, 1, -1, -1, 0",
    "1, 1, 8000000000000000, 8000000000000000, 4000000000000000",
    "2, 1, -1, -1, -1",
    "2, 1, 7fffffffffffffff, -1, 7ffffffffffffffe",
    "3, 1, -1, -1, fffffffffffffffe",
    "4, 1, -7, 2, -3",
    "4, 1, 5, 0, -1",
    "4, 1, 8000000000000000, -1, 8000000000000000",
    "5, 1, -1, 2, 7fffffffffffffff",
    "5, 1, 5, 0, ffffffffffffffff",
    "6, 1, -7, 2, -1",
    "6, 1, 5, 0, 5",
    "6, 1, 8000000000000000, -1, 0",
    "7, 1, -1, 10, f",
    "7, 1, 5, 0, 5"
  })
  void registerOperations(int funct3, String funct7, String a, String b, String expected) {
    Assembler code = new Assembler().op(funct3, (int) hex(funct7), RESULT, A1, A2);
    assertThat(run(code, hex(a), hex(b))).isEqualTo(hex(expected));
  }

  @ParameterizedTest(name = "funct3 {0} funct7 {1}: {2}, {3} gives {4}")
  @CsvSource({
    "0, 0, 7fffffff, 1, ffffffff80000000",
    "0, 20, 80000000, 1, 7fffffff",
    "1, 0, 1, 3f, ffffffff80000000",
    "5, 0, ffffffff80000000, 1f, 1",
    "5, 20, 80000000, 1f, -1",
    "0, 1, 10001, 10001, 20001",
    "4, 1, 80000000, -1, ffffffff80000000",
    "4, 1, 100000007, 0, -1",
    "5, 1, ffffffff, 2, 7fffffff",
    "5, 1, 1, 0, -1",
    "6, 1, 80000000, -1, 0",
    "6, 1, 180000005, 0, ffffffff80000005",
    "7, 1, ffffffff, 10, f",
    "7, 1, 80000001, 0, ffffffff80000001"
  })
  void wordOperations(int funct3, String funct7, String a, String b, String expected) {
    Assembler code = new Assembler().opWord(funct3, (int) hex(funct7), RESULT, A1, A2);
    assertThat(run(code, hex(a), hex(b))).isEqualTo(hex(expected));
  }

  @ParameterizedTest(name = "opcode {0} funct3 {1}: {2}, immediate {3} gives {4}")
  @CsvSource({
    "13, 0, 5, fff, 4",
    "13, 2, -2, fff, 1",
    "13, 3, 5, fff, 1",
    "13, 4, 0, fff, -1",
    "13, 6, 0, 7ff, 7ff",
    "13, 7, -1, 7f0, 7f0",
    "13, 1, 1, 3f, 8000000000000000",
    "13, 5, -1, 3f, 1",
    "13, 5, -1, 43f, -1",
    "1b, 0, 7fffffff, 1, ffffffff80000000",
    "1b, 1, 3, 1f, ffffffff80000000",
    "1b, 5, ffffffff80000000, 1f, 1",
    "1b, 5, 80000000, 41f, -1"
  })
  void immediateOperations(String opcode, int funct3, String a, String immediate, String expected) {
    Assembler code = new Assembler().i((int) hex(opcode), funct3, RESULT, A1, (int) hex(immediate));
    assertThat(run(code, hex(a), 0)).isEqualTo(hex(expected));
  }

  @ParameterizedTest(name = "funct3 {0}: from byte {1} gives {2}")
  @CsvSource({
    "0, 7, -78",
    "4, 7, 88",
    "1, 6, ffffffffffff8877",
    "5, 6, 8877",
    "2, 4, ffffffff88776655",
    "6, 4, 88776655",
    "3, 0, 8877665544332211",
    "3, 1, 8877665544332",
    "2, 3, 77665544"
  })
  void loadsExtendAndMayBeMisaligned(int funct3, int offset, String expected) {
    try (TestHart guest = new TestHart(new Assembler().load(funct3, A0, A1, offset).exit(0))) {
      guest.write(DATA, 0x8877665544332211L);
      guest.write(DATA + 8, 0);
      guest.setX(A1, DATA);
      assertThat(guest.runToShutdown()).isZero();
      long value = guest.x(A0);
      assertThat(funct3 == 3 && offset == 1 ? value >>> 4 : value)
          .isEqualTo(hex(funct3 == 3 && offset == 1 ? "8877665544332" : expected));
    }
  }

  @Test
  void storesWriteOnlyTheirBytes() {
    Assembler code =
        new Assembler()
            .store(0, A2, A1, 0)
            .store(1, A2, A1, 10)
            .store(2, A2, A1, 20)
            .store(3, A2, A1, 33);
    try (TestHart guest = new TestHart(code.exit(0))) {
      guest.setX(A1, DATA);
      guest.setX(A2, 0x1122334455667788L);
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.read(DATA)).isEqualTo(0x88L);
      assertThat(guest.read(DATA + 8)).isEqualTo(0x7788_0000L);
      assertThat(guest.read(DATA + 16)).isEqualTo(0x55667788_00000000L);
      assertThat(guest.read(DATA + 33)).isEqualTo(0x1122334455667788L);
    }
  }

  @ParameterizedTest(name = "AMO {0} of {2} on {1}: word {3}, double {4}")
  @CsvSource({
    "00, ffffffff80000000, 1, 80000001, ffffffff80000001",
    "01, ffffffff80000000, 1, 1, 1",
    "04, ffffffff80000000, 1, 80000001, ffffffff80000001",
    "08, ffffffff80000000, 1, 80000001, ffffffff80000001",
    "0c, ffffffff80000000, 1, 0, 0",
    "10, ffffffff80000000, 1, 80000000, ffffffff80000000",
    "14, ffffffff80000000, 1, 1, 1",
    "18, ffffffff80000000, 1, 1, 1",
    "1c, ffffffff80000000, 1, 80000000, ffffffff80000000"
  })
  void atomicsReturnTheOldValueSignExtended(
      String funct5, String old, String operand, String word, String doubleWord) {
    for (int funct3 = 2; funct3 <= 3; funct3++) {
      Assembler code = new Assembler().amo((int) hex(funct5), funct3, A0, A1, A2);
      try (TestHart guest = new TestHart(code.exit(0))) {
        guest.write(DATA, hex(old));
        guest.setX(A1, DATA);
        guest.setX(A2, hex(operand));
        assertThat(guest.runToShutdown()).isZero();
        assertThat(guest.x(A0)).isEqualTo(hex(old));
        long expected = funct3 == 2 ? 0xffffffff_00000000L | hex(word) : hex(doubleWord);
        assertThat(guest.read(DATA)).isEqualTo(expected);
      }
    }
  }

  @Test
  void storeConditionalSucceedsOnceAfterLoadReserved() {
    Assembler code =
        new Assembler()
            .amo(3, 3, A3, A1, A2)
            .amo(2, 3, A0, A1, 0)
            .amo(3, 3, A4, A1, A2)
            .amo(3, 3, A5, A1, A2);
    try (TestHart guest = new TestHart(code.exit(0))) {
      guest.write(DATA, 77);
      guest.setX(A1, DATA);
      guest.setX(A2, 5);
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(A3)).isEqualTo(1);
      assertThat(guest.x(A0)).isEqualTo(77);
      assertThat(guest.x(A4)).isZero();
      assertThat(guest.x(A5)).isEqualTo(1);
      assertThat(guest.read(DATA)).isEqualTo(5);
    }
  }

  @Test
  void storeConditionalFailsWhenTheWordHasChanged() {
    Assembler code = new Assembler().amo(2, 2, A0, A1, 0).sw(A2, A1, 0).amo(3, 2, A3, A1, A2);
    try (TestHart guest = new TestHart(code.exit(0))) {
      guest.setX(A1, DATA);
      guest.setX(A2, 5);
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(A3)).isEqualTo(1);
    }
  }

  @Test
  void jumpsLinkAndBranchesCompare() {
    Assembler code = new Assembler();
    code.jal(RA, 12).addi(A0, A0, 1).exit(1);
    assertThat(new Assembler().jal(RA, 12).here()).isEqualTo(4);
    Assembler loop = new Assembler().addi(A1, ZERO, 10);
    int top = loop.here();
    loop.add(A0, A0, A1).addi(A1, A1, -1).bne(A1, ZERO, top);
    assertThat(run(loop, 0, 0)).isEqualTo(55);
  }

  @Test
  void jumpAndLinkRegisterReadsItsSourceBeforeItWritesIt() {
    Assembler code = new Assembler().auipc(A1, 0).jalr(A1, A1, 12).addi(A0, A0, 1);
    code.addi(A0, A0, 2).add(A2, A1, ZERO);
    try (TestHart guest = new TestHart(code.exit(0))) {
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(A0)).isEqualTo(2);
      assertThat(guest.x(A2)).isEqualTo(TestHart.RAM + 8);
    }
  }

  @Test
  void codeRunsOnAcrossPages() {
    Assembler code = new Assembler();
    for (int i = 0; i < 2500; i++) {
      code.addi(A0, A0, 1);
    }
    assertThat(run(code, 0, 0)).isEqualTo(2500);
  }

  @Test
  void writesToRegisterZeroAreDiscarded() {
    Assembler code = new Assembler().addi(ZERO, ZERO, 5).add(A0, ZERO, ZERO).csrr(ZERO, MISA);
    assertThat(run(code, 1, 1)).isZero();
  }

  @Test
  void codeChangedBeforeFenceIIsExecutedAfterIt() {
    Assembler patch = new Assembler().addi(A0, ZERO, 2);
    Assembler code = new Assembler().addi(A0, ZERO, 1).bne(A5, ZERO, 24).addi(A5, ZERO, 1);
    code.sw(A2, A1, 0).fenceI().jal(ZERO, 0);
    try (TestHart guest = new TestHart(code.exit(0))) {
      guest.setX(A1, TestHart.RAM);
      guest.setX(
          A2,
          java.nio.ByteBuffer.wrap(patch.bytes()).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt());
      assertThat(guest.runToShutdown()).isZero();
      assertThat(guest.x(A0)).isEqualTo(2);
    }
  }
}
