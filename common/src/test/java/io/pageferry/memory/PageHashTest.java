package io.pageferry.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import net.jpountz.xxhash.XXHashFactory;
import org.junit.jupiter.api.Test;

class PageHashTest {
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @Test
  void theHashIsXxh64SeededWithTheFrameNumber() {
    System.out.println("seed " + seed);
    try (GuestMemory memory =
        GuestMemory.anonymous(List.of(new SlotLayout(0, 0x8000_0000L, 64 * 4096)))) {
      MemorySlot slot = memory.slots().getFirst();
      for (long page = 0; page < 64; page++) {
        byte[] bytes = new byte[PageGeometry.PAGE_SIZE];
        random.nextBytes(bytes);
        MemorySegment.copy(bytes, 0, slot.segment(), JAVA_BYTE, page * 4096, bytes.length);
        long expected =
            XXHashFactory.safeInstance().hash64().hash(bytes, 0, bytes.length, 0x80000 + page);
        assertThat(PageHash.contribution(slot, page)).isEqualTo(expected);
      }
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
      assertThat(PageHash.contribution(slot, 0)).isEqualTo(0x842058f5388e3c20L);
      assertThat(PageHash.contribution(slot, 1)).isZero();
      assertThat(PageHash.contribution(slot, 2)).isEqualTo(0x6b69c9349051624cL);
    }
  }
}
