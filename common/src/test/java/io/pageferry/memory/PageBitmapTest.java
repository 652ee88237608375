package io.pageferry.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PageBitmapTest {
  private final Arena arena = Arena.ofShared();

  @AfterEach
  void unmap() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private PageBitmap bitmap(long pages) {
    return new PageBitmap(pages, arena);
  }

  private static void assertSame(PageBitmap bitmap, BitSet model, int pages) {
    for (int page = 0; page < pages; page++) {
      assertThat(bitmap.get(page)).as("bit %d", page).isEqualTo(model.get(page));
      assertThat(bitmap.nextSet(page)).as("set from %d", page).isEqualTo(model.nextSetBit(page));
      int clear = model.nextClearBit(page);
      assertThat(bitmap.nextClear(page))
          .as("clear from %d", page)
          .isEqualTo(clear < pages ? clear : -1);
    }
    assertThat(bitmap.cardinality()).isEqualTo(model.cardinality());
    byte[] expected = Arrays.copyOf(model.toByteArray(), (pages + 63) / 64 * 8);
    assertThat(bitmap.toBytes()).isEqualTo(expected);
  }

  @Test
  void isClearAtFirst() {
    assertSame(bitmap(130), new BitSet(), 130);
  }

  @Test
  void behavesLikeABitSetUnderRandomChanges() {
    RandomGenerator random = Seeds.random("behavesLikeABitSetUnderRandomChanges");
    for (int pages : new int[] {1, 63, 64, 65, 127, 128, 200, 777}) {
      PageBitmap bitmap = bitmap(pages);
      BitSet model = new BitSet();
      for (int step = 0; step < 60; step++) {
        change(bitmap, model, pages, random);
        assertSame(bitmap, model, pages);
      }
    }
  }

  private static void change(PageBitmap bitmap, BitSet model, int pages, RandomGenerator random) {
    int first = random.nextInt(pages + 1);
    int count = random.nextInt(pages - first + 1);
    switch (random.nextInt(4)) {
      case 0 -> {
        bitmap.setRange(first, count);
        model.set(first, first + count);
      }
      case 1 -> {
        bitmap.clearRange(first, count);
        model.clear(first, first + count);
      }
      case 2 -> {
        int page = random.nextInt(pages);
        assertThat(bitmap.set(page)).isNotEqualTo(model.get(page));
        model.set(page);
      }
      default -> {
        int page = random.nextInt(pages);
        assertThat(bitmap.clear(page)).isEqualTo(model.get(page));
        model.clear(page);
      }
    }
  }

  @Test
  void everyRangeOverWordBordersTouchesItsBitsAndNoOthers() {
    int pages = 130;
    PageBitmap bitmap = bitmap(pages);
    for (int first = 0; first <= pages; first++) {
      for (int count = 0; count <= pages - first; count++) {
        bitmap.setRange(first, count);
        assertThat(bitmap.cardinality()).isEqualTo(count);
        assertThat(bitmap.nextSet(0)).isEqualTo(count == 0 ? -1 : first);
        bitmap.clearRange(first, count);
        assertThat(bitmap.cardinality()).isZero();
      }
    }
  }

  @Test
  void findsNothingFromTheEndOn() {
    PageBitmap bitmap = bitmap(64);
    assertThat(bitmap.nextClear(64)).isEqualTo(-1);
    assertThat(bitmap.nextSet(1000)).isEqualTo(-1);
    bitmap.setRange(0, 64);
    assertThat(bitmap.nextClear(0)).isEqualTo(-1);
    assertThat(bitmap.nextSet(63)).isEqualTo(63);
  }

  @Test
  void pagesOutsideThrow() {
    PageBitmap bitmap = bitmap(100);
    List<Runnable> outside =
        List.of(
            () -> bitmap.get(-1),
            () -> bitmap.get(100),
            () -> bitmap.set(100),
            () -> bitmap.clear(127),
            () -> bitmap.set(Long.MIN_VALUE),
            () -> bitmap.nextSet(-1),
            () -> bitmap.setRange(99, 2),
            () -> bitmap.setRange(-1, 1),
            () -> bitmap.clearRange(1, -1),
            () -> bitmap.clearRange(Long.MAX_VALUE, Long.MAX_VALUE));
    for (Runnable access : outside) {
      assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(access::run);
    }
    assertThat(bitmap.cardinality()).isZero();
  }

  @Test
  void copiesItsOwnBytes() {
    PageBitmap from = bitmap(100);
    from.setRange(3, 90);
    PageBitmap to = bitmap(100);
    to.setRange(0, 100);

    to.copyFrom(from.toBytes());

    assertThat(to.toBytes()).isEqualTo(from.toBytes());
  }

  @Test
  void refusesBytesOfAnotherLength() {
    PageBitmap bitmap = bitmap(100);
    for (int length : new int[] {0, 13, 15, 17, 24}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> bitmap.copyFrom(new byte[length]))
          .withMessage("A bitmap of 100 pages has 16 bytes, not " + length + ".");
    }
  }

  @Test
  void refusesBitsBeyondTheLastPageAndKeepsItsOwn() {
    PageBitmap bitmap = bitmap(100);
    bitmap.setRange(0, 100);
    byte[] before = bitmap.toBytes();
    for (int bit = 100; bit < 128; bit++) {
      byte[] bytes = new byte[16];
      bytes[bit / 8] = (byte) (1 << (bit % 8));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> bitmap.copyFrom(bytes))
          .withMessage("A bit beyond page 99 is set.");
    }
    assertThat(bitmap.toBytes()).isEqualTo(before);
  }

  @Test
  void changesOfNeighbouringBitsAreNeverLost() throws Exception {
    int threads = 4;
    int pages = 64;
    PageBitmap bitmap = bitmap(pages);
    // Each thread owns every fourth bit of one word and must always find it as it left it.
    var _ =
        Workers.run(
            threads,
            worker -> {
              for (int round = 0; round < 20_000; round++) {
                int page = worker + threads * (round % (pages / threads));
                assertThat(bitmap.set(page)).isTrue();
                assertThat(bitmap.get(page)).isTrue();
                assertThat(bitmap.clear(page)).isTrue();
                assertThat(bitmap.get(page)).isFalse();
              }
              return worker;
            });
    assertThat(bitmap.cardinality()).isZero();
  }

  @Test
  void rangesAndSingleBitsOfOneWordDoNotDisturbEachOther() throws Exception {
    PageBitmap bitmap = bitmap(128);
    var _ =
        Workers.run(
            2,
            worker -> {
              for (int round = 0; round < 20_000; round++) {
                if (worker == 0) {
                  bitmap.setRange(40, 50);
                  bitmap.clearRange(40, 50);
                } else {
                  assertThat(bitmap.set(39)).isTrue();
                  assertThat(bitmap.set(90)).isTrue();
                  assertThat(bitmap.clear(39)).isTrue();
                  assertThat(bitmap.clear(90)).isTrue();
                }
              }
              return worker;
            });
    assertThat(bitmap.cardinality()).isZero();
  }

  @Test
  void exactlyOneOfSeveralThreadsWinsEachBit() throws Exception {
    int pages = 50_000;
    PageBitmap bitmap = bitmap(pages);

    List<List<Integer>> set = Workers.run(4, worker -> winners(pages, bitmap::set));
    assertThat(set.stream().flatMap(List::stream).sorted().toList())
        .hasSize(pages)
        .doesNotHaveDuplicates();

    List<List<Integer>> cleared = Workers.run(4, worker -> winners(pages, bitmap::clear));
    assertThat(cleared.stream().flatMap(List::stream).sorted().toList())
        .hasSize(pages)
        .doesNotHaveDuplicates();
    assertThat(bitmap.cardinality()).isZero();
  }

  private static List<Integer> winners(int pages, java.util.function.LongPredicate change) {
    List<Integer> won = new ArrayList<>();
    for (int page = 0; page < pages; page++) {
      if (change.test(page)) {
        won.add(page);
      }
    }
    return won;
  }

  @Test
  void accessAfterItsMemoryIsGoneThrows() {
    PageBitmap bitmap = bitmap(10);
    arena.close();
    assertThatIllegalStateException().isThrownBy(() -> bitmap.get(1));
    assertThatIllegalStateException().isThrownBy(() -> bitmap.set(1));
  }
}
