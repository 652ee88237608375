package io.pageferry.guest.program;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pageferry.guest.MachineSpec;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ElfLoaderTest {
  private static final long RAM_BYTES = 1 << 20;
  private static final int SEGMENT = 64;

  private final MachineSpec spec =
      MachineSpec.withRam("test", 3, RAM_BYTES, new MachineSpec.Kind.Riscv(), 0);
  private final GuestMemory memory = GuestMemory.anonymous(spec.slots());
  private final ParameterBlock parameters =
      ParameterBlock.of(spec, new ProgramParameters(7, 8, true));

  @AfterEach
  void close() {
    memory.close();
  }

  @ParameterizedTest
  @CsvSource({"counter", "touch", "kv", "smp", "isa"})
  void aBundledProgramIsCopiedAndItsParametersAreFilledIn(String name) {
    byte[] elf = BundledPrograms.elf(name);

    assertThat(ElfLoader.load(elf, memory, parameters)).isEqualTo(MachineSpec.RAM_BASE);

    MemorySlot ram = memory.slots().getFirst();
    byte[] text = ram.segment().asSlice(0, 0x100).toArray(JAVA_BYTE);
    assertThat(text).isEqualTo(Arrays.copyOfRange(elf, 0x1000, 0x1100));
    long[] block = ram.segment().asSlice(0x100, ParameterBlock.BYTES).toArray(JAVA_LONG);
    assertThat(block).containsExactly(ParameterBlock.MAGIC, RAM_BYTES, 3, 7, 8, 1, 0);
    assertOnlyWrittenPagesHoldSomething(ram);
  }

  @Test
  void aProgramWithoutTheMagicNumberGetsNoParameters() {
    byte[] elf = small();

    var _ = ElfLoader.load(elf, memory, parameters);

    assertThat(memory.slots().getFirst().segment().get(JAVA_LONG, 0x108)).isZero();
  }

  @Test
  void memoryBehindTheBytesOfASegmentIsZeroed() {
    MemorySlot ram = memory.slots().getFirst();
    var _ = ram.written().set(0);
    ram.segment().asSlice(0, 4096).fill((byte) 0xff);

    var _ = ElfLoader.load(small(), memory, parameters);

    assertThat(ram.segment().get(JAVA_LONG, 16)).isZero();
    assertThat(ram.segment().get(JAVA_LONG, 0x7f8)).isZero();
    assertThat(ram.segment().get(JAVA_LONG, 0x800)).isEqualTo(-1L);
    assertThat(ram.written().cardinality()).isEqualTo(1);
  }

  @Test
  void aSegmentMaySpanAdjacentSlots() {
    var layouts =
        List.of(
            new SlotLayout(0, MachineSpec.RAM_BASE, 4096),
            new SlotLayout(1, MachineSpec.RAM_BASE + 4096, 1 << 20));
    try (GuestMemory split = GuestMemory.anonymous(layouts)) {
      byte[] elf = BundledPrograms.elf("isa");

      var _ = ElfLoader.load(elf, split, parameters);

      assertThat(split.slots().get(1).segment().asSlice(0, 64).toArray(JAVA_BYTE))
          .isEqualTo(Arrays.copyOfRange(elf, 0x2000, 0x2040));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "4, 1, it is not 64-bit",
    "5, 2, it is not little-endian",
    "6, 0, ELF version is 0",
    "16, 1, object file",
    "16, 3, position-independent",
    "16, 4, core dump",
    "16, 9, type is 9",
    "18, 62, 'it is for x86-64, not RISC-V'",
    "18, 183, 'it is for AArch64, not RISC-V'",
    "18, 99, machine is 99",
    "64, 3, needs a dynamic linker",
    "20, 2, version is 2",
    "48, 1, compressed",
    "48, 4, floating-point",
    "52, 63, header has 63",
    "54, 32, program headers have 32",
    "56, 0, has 0 program headers",
    "56, 65, has 65 program headers",
    "56, 2, lie outside the file",
    "39, 128, lie outside the file",
    "24, 2, no instruction",
    "27, 0, no instruction",
    "64, 2, nothing to load",
    "79, 128, segment 0 lie outside",
    "96, 255, segment 0 lie outside",
    "104, 0, smaller in memory",
    "111, 128, smaller in memory",
    "95, 128, beyond any address",
  })
  void eachFieldIsChecked(int offset, int value, String reason) {
    byte[] elf = small();
    elf[offset] = (byte) value;
    if (offset == 104) {
      elf[105] = 0;
    }

    ProgramException refusal = refusal(elf);

    assertThat(refusal).hasMessageContaining(reason);
    assertThat(refusal.kind()).isEqualTo(ProgramException.Kind.MALFORMED);
    assertThat(memory.slots().getFirst().written().cardinality()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "'#!/bin/sh', it is a script",
    "'\u001f\u008b\b', compressed (gzip); unpack it first",
    "'\u00fd7zXZ', compressed (xz)",
    "'(\u00b5/\u00fd', compressed (zstd)",
    "'BZh9', compressed (bzip2)",
    "'PK\u0003\u0004', zip archive",
    "'!<arch>', 'it does not start with the ELF magic number'",
    "'MZ', Windows or EFI",
    "'words', loaded with --image",
    "'', it is empty"
  })
  void aFileThatIsNoElfIsCalledWhatItIs(String start, String words) {
    ProgramException refusal = refusal(start.getBytes(StandardCharsets.ISO_8859_1));
    assertThat(refusal).hasMessageContaining(words).hasMessageEndingWith(".");
    assertThat(refusal.kind()).isEqualTo(ProgramException.Kind.MALFORMED);
  }

  /** More memory would not help. */
  @ParameterizedTest
  @ValueSource(longs = {0x10000, 0x4000_0000_0000L})
  void aProgramThatIsLinkedElsewhereIsToldWhereMemoryBegins(long address) {
    byte[] elf = small();
    ByteBuffer.wrap(elf)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(24, address)
        .putLong(SEGMENT + 24, address);

    ProgramException refusal = refusal(elf);

    assertThat(refusal.kind()).isEqualTo(ProgramException.Kind.MALFORMED);
    assertThat(refusal)
        .hasMessageContaining("linked to run at 0x" + Long.toHexString(address))
        .hasMessageContaining("begins at 0x80000000")
        .hasMessageNotContaining("more memory");
  }

  @Test
  void overlappingSegmentsAreRefused() {
    byte[] elf = Arrays.copyOf(small(), 300);
    System.arraycopy(elf, SEGMENT, elf, SEGMENT + 56, 56);
    elf[56] = 2;

    assertThat(refusal(elf)).hasMessageContaining("overlap");
  }

  @Test
  void aProgramLargerThanMemoryIsRefusedAsTooLarge() {
    byte[] elf = small();
    ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN).putLong(SEGMENT + 40, RAM_BYTES + 1);

    ProgramException refusal = refusal(elf);

    assertThat(refusal.kind()).isEqualTo(ProgramException.Kind.TOO_LARGE);
    assertThat(refusal).hasMessageContaining("0x80100000").hasMessageContaining("1 MiB");
    assertThat(memory.slots().getFirst().written().cardinality()).isZero();
  }

  @Test
  void anUnknownProgramIsRefusedWithTheNamesThatExist() {
    ProgramException refusal =
        catchThrowableOfType(ProgramException.class, () -> BundledPrograms.elf("doom"));

    assertThat(refusal).hasMessageContaining("doom").hasMessageContaining("counter, touch");
    assertThat(refusal.kind()).isEqualTo(ProgramException.Kind.UNKNOWN);
  }

  @Test
  void damagedFilesAreLoadedOrRefusedAndNothingElse() {
    long seed = new Random().nextLong();
    System.out.println("damagedFilesAreLoadedOrRefusedAndNothingElse: seed " + seed);
    RandomGenerator random = new Random(seed);
    byte[] whole = BundledPrograms.elf("counter");
    int refused = 0;
    for (int round = 0; round < 5000; round++) {
      byte[] elf = damage(whole, random);
      long writtenBefore = memory.slots().getFirst().written().cardinality();
      try {
        var _ = ElfLoader.load(elf, memory, parameters);
      } catch (ProgramException e) {
        refused++;
        assertThat(memory.slots().getFirst().written().cardinality()).isEqualTo(writtenBefore);
      }
    }
    assertThat(refused).isPositive();
  }

  private static byte[] damage(byte[] whole, RandomGenerator random) {
    boolean shorten = random.nextInt(4) == 0;
    byte[] elf = Arrays.copyOf(whole, shorten ? random.nextInt(whole.length) : whole.length);
    int flips = random.nextInt(4);
    for (int i = 0; i < flips && elf.length > 0; i++) {
      int range = random.nextInt(3) == 0 ? elf.length : Math.min(elf.length, 120);
      elf[random.nextInt(range)] ^= (byte) (1 << random.nextInt(8));
    }
    return elf;
  }

  private ProgramException refusal(byte[] elf) {
    return catchThrowableOfType(
        ProgramException.class, () -> ElfLoader.load(elf, memory, parameters));
  }

  /** One segment of 16 bytes in the file and 2 KiB in memory. */
  private static byte[] small() {
    ByteBuffer elf = ByteBuffer.allocate(64 + 56 + 16).order(ByteOrder.LITTLE_ENDIAN);
    elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1).put(6, (byte) 1);
    elf.putShort(16, (short) 2).putShort(18, (short) 243).putInt(20, 1);
    elf.putLong(24, MachineSpec.RAM_BASE).putLong(32, SEGMENT);
    elf.putShort(52, (short) 64).putShort(54, (short) 56).putShort(56, (short) 1);
    elf.putInt(SEGMENT, 1).putLong(SEGMENT + 8, 120).putLong(SEGMENT + 24, MachineSpec.RAM_BASE);
    elf.putLong(SEGMENT + 32, 16).putLong(SEGMENT + 40, 0x800);
    elf.putLong(120, 0x13).putLong(128, 0x6f);
    return elf.array();
  }

  private static void assertOnlyWrittenPagesHoldSomething(MemorySlot ram) {
    byte[] zeros = new byte[PageGeometry.PAGE_SIZE];
    for (long page = 0; page < ram.pageCount(); page++) {
      if (!ram.written().get(page)) {
        byte[] bytes =
            ram.segment().asSlice(PageGeometry.bytes(page), zeros.length).toArray(JAVA_BYTE);
        assertThat(bytes).isEqualTo(zeros);
      }
    }
  }
}
