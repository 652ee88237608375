package io.pageferry.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PageHashTest {
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  /** Bit by bit, from the polynomial: an independent computation. */
  private static long crc32c(byte[] bytes) {
    int crc = -1;
    for (byte next : bytes) {
      crc ^= next & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ (0x82F63B78 & -(crc & 1));
      }
    }
    return ~crc & 0xffff_ffffL;
  }

  private static long spread(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  @Test
  void theHashIsTheChecksumSpreadWithTheFrameNumber() {
    System.out.println("seed " + seed);
    assertThat(crc32c("123456789".getBytes(UTF_8))).as("RFC 3720's check").isEqualTo(0xE3069283L);
    try (GuestMemory memory =
        GuestMemory.anonymous(List.of(new SlotLayout(0, 0x8000_0000L, 64 * 4096)))) {
      MemorySlot slot = memory.slots().getFirst();
      for (long page = 0; page < 64; page++) {
        byte[] bytes = new byte[PageGeometry.PAGE_SIZE];
        random.nextBytes(bytes);
        MemorySegment.copy(bytes, 0, slot.segment(), JAVA_BYTE, page * 4096, bytes.length);
        assertThat(PageHash.contribution(slot, page))
            .isEqualTo(spread(crc32c(bytes) + 0x9E3779B97F4A7C15L * (0x80000 + page)));
      }
    }
  }

  @Test
  void pagesBeyondTheFirstGibibyteAndOfOtherSlotsAreHashedWhereTheyAre() {
    long bytes = (1L << 30) + 2 * 4096;
    try (GuestMemory memory =
        GuestMemory.anonymous(
            List.of(new SlotLayout(0, 0, bytes), new SlotLayout(1, 1L << 40, 4096)))) {
      MemorySlot large = memory.slots().getFirst();
      MemorySlot small = memory.slots().getLast();
      long beyond = (1L << 18) + 1;
      large.segment().set(JAVA_BYTE, beyond * 4096 + 7, (byte) 1);
      small.segment().set(JAVA_BYTE, 7, (byte) 1);
      byte[] page = new byte[PageGeometry.PAGE_SIZE];
      page[7] = 1;
      assertThat(PageHash.contribution(large, beyond))
          .isEqualTo(spread(crc32c(page) + 0x9E3779B97F4A7C15L * beyond));
      assertThat(PageHash.contribution(small, 0))
          .isEqualTo(spread(crc32c(page) + (0x9E3779B97F4A7C15L << 28)));
      assertThat(PageHash.contribution(large, beyond - 1)).isZero();
    }
  }

  @Test
  void aZeroPageContributesNothingAndAnySingleByteSomething() {
    try (GuestMemory memory = GuestMemory.anonymous(List.of(new SlotLayout(0, 0, 4096)))) {
      MemorySlot slot = memory.slots().getFirst();
      assertThat(PageHash.isZero(slot, 0)).isTrue();
      assertThat(PageHash.contribution(slot, 0)).isZero();
      for (int at = 0; at < 4096; at++) {
        slot.segment().set(JAVA_BYTE, at, (byte) 1);
        assertThat(PageHash.isZero(slot, 0)).as("byte %d set", at).isFalse();
        assertThat(PageHash.contribution(slot, 0)).isNotZero();
        slot.segment().set(JAVA_BYTE, at, (byte) 0);
      }
    }
  }

  /** The vector of docs/protocol.md. */
  @Test
  void theDocumentedImageHasTheDocumentedDigest() {
    try (GuestMemory memory =
        GuestMemory.anonymous(List.of(new SlotLayout(0, 0x8000_0000L, 3 * 4096)))) {
      MemorySlot slot = memory.slots().getFirst();
      for (int at = 0; at < 4096; at++) {
        slot.segment().set(JAVA_BYTE, at, (byte) at);
      }
      slot.segment().asSlice(2 * 4096, 4096).fill((byte) 0xa5);
      assertThat(PageHash.contribution(slot, 0)).isEqualTo(0x23d9825e0a16d2d6L);
      assertThat(PageHash.contribution(slot, 1)).isZero();
      assertThat(PageHash.contribution(slot, 2)).isEqualTo(0xf21ec0e5c4a985c4L);
    }
  }
}
