package io.pageferry.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestMemoryTest {
  private static final long RAM = 0x8000_0000L;
  private static final long GIB = 1L << 30;

  private static GuestMemory ram(long pages) {
    return GuestMemory.anonymous(List.of(new SlotLayout(0, RAM, PageGeometry.bytes(pages))));
  }

  @Test
  void sixteenGibibytesTakeNoPhysicalMemoryUntilTouched() {
    try (GuestMemory memory = GuestMemory.anonymous(List.of(new SlotLayout(0, RAM, 16 * GIB)))) {
      assertThat(memory.sizeBytes()).isEqualTo(16 * GIB);
      assertThat(memory.pageCount()).isEqualTo(4 << 20);
      assertThat(memory.residentBytes()).isZero();

      MemorySegment bytes = memory.slots().getFirst().segment();
      for (long gibibyte = 0; gibibyte < 16; gibibyte++) {
        bytes.set(JAVA_BYTE, gibibyte * GIB + 12345, (byte) 1);
      }
      assertThat(memory.residentBytes()).isEqualTo(PageGeometry.bytes(16));
    }
  }

  @Test
  void residentMemoryGrowsByThePageAndDiscardGivesItBackAsZeros() {
    try (GuestMemory memory = ram(2048)) {
      MemorySlot slot = memory.slots().getFirst();
      for (int page = 0; page < 600; page++) {
        slot.segment().set(JAVA_LONG, PageGeometry.bytes(page), -1);
        assertThat(slot.residentBytes()).isEqualTo(PageGeometry.bytes(page + 1));
      }

      slot.discard(100, 200);

      assertThat(slot.residentBytes()).isEqualTo(PageGeometry.bytes(400));
      assertThat(slot.segment().get(JAVA_LONG, PageGeometry.bytes(99))).isEqualTo(-1);
      assertThat(slot.segment().get(JAVA_LONG, PageGeometry.bytes(100))).isZero();
      assertThat(slot.segment().get(JAVA_LONG, PageGeometry.bytes(299))).isZero();
      assertThat(slot.segment().get(JAVA_LONG, PageGeometry.bytes(300))).isEqualTo(-1);
    }
  }

  @Test
  void namesThePagesThatAreResident() {
    try (GuestMemory memory = ram(1000)) {
      MemorySlot slot = memory.slots().getFirst();
      List<Long> touched = List.of(0L, 7L, 511L, 512L, 999L);
      touched.forEach(page -> slot.segment().set(JAVA_BYTE, PageGeometry.bytes(page), (byte) 1));
      List<Long> resident = new ArrayList<>();
      slot.forEachResidentPage(resident::add);
      assertThat(resident).isEqualTo(touched);
    }
  }

  @Test
  void pagesOutsideASlotAreNotDiscarded() {
    try (GuestMemory memory = ram(4)) {
      MemorySlot slot = memory.slots().getFirst();
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> slot.discard(3, 2));
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> slot.discard(-1, 1));
    }
  }

  @Test
  void keepsItsBytesInABackingFile(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("guest.ram");
    List<SlotLayout> layouts =
        List.of(new SlotLayout(0, RAM, 3 * 4096), new SlotLayout(1, 2 * RAM, 2 * 4096));
    try (GuestMemory memory = GuestMemory.backedBy(file, layouts)) {
      assertThat(memory.isAnonymous()).isFalse();
      memory.slots().getFirst().segment().set(JAVA_BYTE, 4097, (byte) 7);
      memory.slots().getLast().segment().set(JAVA_BYTE, 8191, (byte) 9);
      memory.slots().getLast().discard(0, 2);
    }

    assertThat(Files.size(file)).isEqualTo(5 * 4096);
    byte[] bytes = Files.readAllBytes(file);
    assertThat(bytes[4097]).isEqualTo((byte) 7);
    assertThat(bytes[3 * 4096 + 8191]).isEqualTo((byte) 9);
  }

  @Test
  void findsTheSlotOfAnAddressAndOfAnId() {
    SlotLayout low = new SlotLayout(3, 0, 4096);
    SlotLayout high = new SlotLayout(5, RAM, 8192);
    try (GuestMemory memory = GuestMemory.anonymous(List.of(low, high))) {
      MemorySlot first = memory.slots().getFirst();
      MemorySlot second = memory.slots().getLast();
      assertThat(memory.slotAt(0)).isSameAs(first);
      assertThat(memory.slotAt(4095)).isSameAs(first);
      assertThat(memory.slotAt(4096)).isNull();
      assertThat(memory.slotAt(RAM - 1)).isNull();
      assertThat(memory.slotAt(RAM + 8191)).isSameAs(second);
      assertThat(memory.slotAt(RAM + 8192)).isNull();
      assertThat(memory.slotAt(-1)).isNull();
      assertThat(memory.slot(5)).isSameAs(second);
      assertThat(memory.slot(4)).isNull();
    }
  }

  @Test
  void refusesSlotsThatOverlapOrShareAnId() {
    SlotLayout first = new SlotLayout(0, RAM, 8192);
    for (SlotLayout second :
        List.of(
            new SlotLayout(1, RAM + 4096, 8192),
            new SlotLayout(1, RAM - 4096, 8192),
            new SlotLayout(1, 0, 4 * RAM),
            new SlotLayout(0, 4 * RAM, 4096))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> GuestMemory.anonymous(List.of(first, second)).close())
          .withMessageContaining("overlap or share an id");
    }
  }

  @Test
  void refusesSizesAndBasesThatAreNotWholePages() {
    for (long size : new long[] {0, -4096, 1, 4095, 4097, Long.MAX_VALUE}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new SlotLayout(7, RAM, size))
          .withMessageContaining("size of slot 7");
    }
    for (long base : new long[] {-4096, 1, RAM + 8, Long.MAX_VALUE - 4095}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new SlotLayout(7, base, 4096))
          .withMessageContaining("base of slot 7");
    }
  }

  @Test
  void refusesMemoryThatTheSystemCannotMap() {
    long exbibytes = 1L << 62;
    assertThatExceptionOfType(OutOfMemoryError.class)
        .isThrownBy(() -> GuestMemory.anonymous(List.of(new SlotLayout(0, 0, exbibytes))).close())
        .withMessageContaining("refused to map " + exbibytes + " bytes");
  }

  @Test
  void everyAccessAfterCloseThrowsAndItClosesAgainWithoutEffect() {
    GuestMemory memory = ram(16);
    MemorySlot slot = memory.slots().getFirst();
    UserfaultBitmap userfault = slot.enableUserfault();
    memory.close();

    for (Runnable access :
        List.<Runnable>of(
            () -> slot.segment().get(JAVA_BYTE, 0),
            () -> slot.discard(0, 1),
            slot::residentBytes,
            memory::writtenPages,
            () -> slot.written().set(0),
            () -> userfault.traps(0))) {
      assertThatIllegalStateException().isThrownBy(access::run).withMessageContaining("closed");
    }
    memory.close();
    assertThat(memory.residentBytes()).isZero();
    assertThat(memory.whileMapped(memory::writtenPages)).isEmpty();
  }

  @Test
  void userfaultIsOffThenOnWithAFreshBitmapThenOffAgain() {
    try (GuestMemory memory = ram(16)) {
      MemorySlot slot = memory.slots().getFirst();
      assertThat(slot.userfault()).isNull();
      UserfaultBitmap first = slot.enableUserfault();
      first.lift(3, 1);
      assertThat(slot.userfault()).isSameAs(first);
      assertThatIllegalStateException().isThrownBy(slot::enableUserfault);

      slot.disableUserfault();
      slot.disableUserfault();
      assertThat(slot.userfault()).isNull();
      assertThat(slot.enableUserfault().trappedPages()).isEqualTo(16);
    }
  }

  @Test
  void bookkeepingIsOneBitAPageForEachBitmap() {
    try (GuestMemory memory = ram(1 << 20)) {
      MemorySlot slot = memory.slots().getFirst();
      assertThat(slot.written().words().byteSize()).isEqualTo(slot.pageCount() / 8);
      assertThat(slot.enableUserfault().words().byteSize()).isEqualTo(slot.pageCount() / 8);
      assertThat(slot.newBitmap().words().byteSize()).isEqualTo(slot.pageCount() / 8);
    }
  }
}
