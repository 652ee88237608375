package io.pageferry.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class UserfaultBitmapTest {
  private static GuestMemory memory(long pages) {
    return GuestMemory.anonymous(
        List.of(new SlotLayout(0, 0x8000_0000L, PageGeometry.bytes(pages))));
  }

  @Test
  void everyPageFaultsAtFirstAndNoBitBeyondTheLastPageIsSet() {
    try (GuestMemory memory = memory(70)) {
      UserfaultBitmap bitmap = memory.slots().getFirst().enableUserfault();

      assertThat(bitmap.trappedPages()).isEqualTo(70);
      assertThat(bitmap.words().toArray(JAVA_BYTE))
          .containsExactly(-1, -1, -1, -1, -1, -1, -1, -1, 0x3f, 0, 0, 0, 0, 0, 0, 0);
    }
  }

  @Test
  void bitZeroOfTheFirstLittleEndianWordIsTheFirstGuestFrame() {
    try (GuestMemory memory = memory(128)) {
      UserfaultBitmap bitmap = memory.slots().getFirst().enableUserfault();
      bitmap.lift(0, 128);
      byte[] expected = new byte[16];
      assertThat(bitmap.words().toArray(JAVA_BYTE)).isEqualTo(expected);

      bitmap.trap(0, 128);
      for (int page = 0; page < 128; page++) {
        bitmap.lift(page, 1);
        byte[] bytes = bitmap.words().toArray(JAVA_BYTE);
        assertThat(bytes[page / 8] >>> (page % 8) & 1).as("bit of page %d", page).isZero();
        assertThat(bitmap.trappedPages()).isEqualTo(127 - page);
        assertThat(bitmap.traps(page)).isFalse();
        assertThat(page == 127 || bitmap.traps(page + 1)).isTrue();
      }
    }
  }

  @Test
  void isAlignedToAPageAndAWholeNumberOfLongsAsTheKernelAsks() {
    try (GuestMemory memory = memory(65)) {
      MemorySegment words = memory.slots().getFirst().enableUserfault().words();
      assertThat(PageGeometry.isPageAligned(words.address())).isTrue();
      assertThat(words.byteSize()).isEqualTo(2 * Long.BYTES);
    }
  }

  @Test
  void liftsOnlyTheGivenPages() {
    try (GuestMemory memory = memory(200)) {
      UserfaultBitmap bitmap = memory.slots().getFirst().enableUserfault();
      bitmap.lift(60, 70);
      for (int page = 0; page < 200; page++) {
        assertThat(bitmap.traps(page)).isEqualTo(page < 60 || page >= 130);
      }
    }
  }

  /**
   * Rule 1: who finds a bit clear sees the page's bytes. The writer publishes one page after the
   * other while the readers race through them; a page that is visible too early is read as it was.
   */
  @Test
  void whoeverFindsABitClearSeesTheWholePage() throws Exception {
    int pages = 4096;
    try (GuestMemory memory = memory(pages)) {
      MemorySlot slot = memory.slots().getFirst();
      UserfaultBitmap bitmap = slot.enableUserfault();
      for (int round = 1; round <= 10; round++) {
        bitmap.trap(0, pages);
        long value = round * 0x0101_0101_0101_0101L;
        List<Integer> stale =
            Workers.run(
                3,
                worker ->
                    worker == 0 ? publish(slot, bitmap, value) : stalePages(slot, bitmap, value));
        assertThat(stale).as("pages seen too early in round %d", round).containsOnly(0);
      }
    }
  }

  private static int publish(MemorySlot slot, UserfaultBitmap bitmap, long value) {
    for (long page = 0; page < slot.pageCount(); page++) {
      long start = PageGeometry.bytes(page);
      for (long offset = 0; offset < PageGeometry.PAGE_SIZE; offset += Long.BYTES) {
        slot.segment().set(JAVA_LONG, start + offset, value);
      }
      bitmap.lift(page, 1);
    }
    return 0;
  }

  private static int stalePages(MemorySlot slot, UserfaultBitmap bitmap, long value) {
    int stale = 0;
    for (long page = 0; page < slot.pageCount(); page++) {
      while (bitmap.traps(page)) {
        Thread.onSpinWait();
      }
      // The last bytes first: they were written last.
      long end = PageGeometry.bytes(page + 1);
      for (long back = Long.BYTES; back <= PageGeometry.PAGE_SIZE; back += Long.BYTES) {
        if (slot.segment().get(JAVA_LONG, end - back) != value) {
          stale++;
          break;
        }
      }
    }
    return stale;
  }
}
