package io.pageferry.guest.synthetic;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.guest.MachineSpec.Pattern;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PagePatternTest {
  private static final int PAGES = 1000;
  private static final int ACCESSES = 200_000;

  private static PagePattern pattern(Pattern pattern, long pages) {
    return new PagePattern(pattern, pages, 5, 0, new SplitMix(9));
  }

  private static long[] histogram(Pattern kind) {
    long[] counts = new long[PAGES];
    PagePattern pattern = pattern(kind, PAGES);
    for (int i = 0; i < ACCESSES; i++) {
      counts[(int) pattern.next()]++;
    }
    return counts;
  }

  @Test
  void sequentialTouchesEveryPageInOrderAgainAndAgain() {
    PagePattern pattern = new PagePattern(Pattern.SEQUENTIAL, 3, 5, 2, new SplitMix(9));

    assertThat(new long[] {pattern.next(), pattern.next(), pattern.next(), pattern.next()})
        .containsExactly(2, 0, 1, 2);
  }

  @Test
  void uniformTouchesEveryPageAboutAsOften() {
    assertThat(Arrays.stream(histogram(Pattern.UNIFORM)))
        .allMatch(count -> count > 100 && count < 320);
  }

  @Test
  void zipfianGivesAFifthOfThePagesMostAccessesAndScattersThem() {
    long[] counts = histogram(Pattern.ZIPFIAN);
    long firstFifth = Arrays.stream(counts, 0, PAGES / 5).sum();
    long[] sorted = counts.clone();
    Arrays.sort(sorted);
    long hottestFifth = Arrays.stream(sorted, PAGES * 4 / 5, PAGES).sum();

    assertThat(hottestFifth).isBetween(ACCESSES * 70L / 100, ACCESSES * 90L / 100);
    assertThat(firstFifth).isLessThan(hottestFifth);
    assertThat(sorted[0]).isPositive();
    assertThat(counts[0]).isLessThan(sorted[PAGES - 1]);
  }

  @Test
  void aWorkingSetStaysMostlyInAWindowThatMoves() {
    PagePattern pattern = pattern(Pattern.WORKING_SET, PAGES);
    int window = PAGES / PagePattern.WINDOW_FRACTION;
    int steps = 10;
    long inside = 0;
    for (int i = 0; i < steps * PagePattern.ACCESSES_PER_STEP; i++) {
      inside += pattern.next() < window + steps ? 1 : 0;
    }
    long[] whole = histogram(Pattern.WORKING_SET);

    assertThat(inside).isGreaterThan(8L * steps * PagePattern.ACCESSES_PER_STEP / 10);
    assertThat(Arrays.stream(whole)).allMatch(count -> count > 0);
  }

  @ParameterizedTest
  @EnumSource
  void memoryOfOnePageWorks(Pattern pattern) {
    PagePattern one = pattern(pattern, 1);
    for (int i = 0; i < 100; i++) {
      assertThat(one.next()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void choicesStayWithinLargeMemory(Pattern pattern) {
    long pages = (1L << 40) + 12345;
    PagePattern large = pattern(pattern, pages);
    for (int i = 0; i < 1000; i++) {
      assertThat(large.next()).isBetween(0L, pages - 1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 64, 1000, 4097})
  void thePermutationHitsEveryPageOnce(int pages) {
    PagePermutation permutation = new PagePermutation(pages, 77);
    boolean[] hit = new boolean[pages];
    for (int page = 0; page < pages; page++) {
      int image = (int) permutation.apply(page);
      assertThat(hit[image]).isFalse();
      hit[image] = true;
    }
  }
}
