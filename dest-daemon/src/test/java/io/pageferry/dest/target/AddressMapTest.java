package io.pageferry.dest.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AddressMapTest {
  private static final long PAGE = 4096;
  private final AddressMap map =
      new AddressMap(List.of(new Extent(100 * PAGE, 0, 0, 10), new Extent(200 * PAGE, 0, 10, 10)));

  @Test
  void pagesAndAddressesAreFoundFromEachOther() {
    assertThat(map.of(0, 12)).isEqualTo(new Extent(200 * PAGE, 0, 10, 10));
    assertThat(map.at(202 * PAGE)).isEqualTo(map.of(0, 12));
    assertThat(new Extent(200 * PAGE, 0, 10, 10).addressOf(12)).isEqualTo(202 * PAGE);
    assertThat(new Extent(200 * PAGE, 0, 10, 10).pageAt(202 * PAGE)).isEqualTo(12);
    assertThat(map.at(110 * PAGE)).isNull();
    assertThat(map.of(0, 20)).isNull();
    assertThat(map.of(1, 0)).isNull();
  }

  @Test
  void aRangeThatIsUnmappedLeavesWhatIsAroundIt() {
    assertThat(map.without(103 * PAGE, 105 * PAGE).extents())
        .containsExactly(
            new Extent(100 * PAGE, 0, 0, 3),
            new Extent(105 * PAGE, 0, 5, 5),
            new Extent(200 * PAGE, 0, 10, 10));
    assertThat(map.without(0, 1000 * PAGE).extents()).isEmpty();
  }

  @Test
  void aRangeThatMovesTakesItsPagesAlongAndCoversWhatWasThere() {
    AddressMap moved = map.moved(108 * PAGE, 201 * PAGE, 2 * PAGE);
    assertThat(moved.at(201 * PAGE)).isEqualTo(new Extent(201 * PAGE, 0, 8, 2));
    assertThat(moved.at(108 * PAGE)).isNull();
    assertThat(moved.of(0, 11)).isNull();
    assertThat(moved.of(0, 13)).isEqualTo(new Extent(203 * PAGE, 0, 13, 7));
  }

  @Test
  void partsInARangeHaveTheirPages() {
    assertThat(map.within(108 * PAGE, 202 * PAGE))
        .containsExactly(new Extent(108 * PAGE, 0, 8, 2), new Extent(200 * PAGE, 0, 10, 2));
  }

  @Test
  void aTargetCannotCutItsMemoryIntoAnyNumberOfPieces() {
    assertThatIllegalStateException()
        .isThrownBy(() ->
            new AddressMap(
                IntStream.rangeClosed(0, AddressMap.MOST_EXTENTS)
                    .mapToObj(i -> new Extent(2L * i * PAGE, 0, i, 1))
                    .toList()));
  }
}
