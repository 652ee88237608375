package io.pageferry.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.proto.v1.PageCounts;
import org.junit.jupiter.api.Test;

class PageBarTest {
  private static PageCounts.Builder pages() {
    return PageCounts.newBuilder().setTotal(1000);
  }

  @Test
  void eachOriginHasItsShareAndMissingPagesAreBlank() {
    PageCounts pages = pages().setDemand(300).setPrefetched(200).setDrain(300).setZero(200).build();
    assertThat(PageBar.draw(pages, 22, Palette.PLAIN)).isEqualTo("[##>>>>======....    ]");
    assertThat(PageBar.legend(pages, 80, Palette.PLAIN))
        .containsExactly("# 100 demand  > 200 prefetch  = 300 drain  . 200 zero");
    assertThat(PageBar.legend(pages, 40, new Palette(true)))
        .hasSize(2)
        .allMatch(line -> Text.columns(line) <= 40);
  }

  @Test
  void afewFaultsAmongManyPagesStillShow() {
    PageCounts pages = pages().setDemand(1).setDrain(999).build();
    assertThat(PageBar.draw(pages, 12, Palette.PLAIN)).isEqualTo("[#=========]");
  }

  @Test
  void theBarIsAsWideAsAskedWhateverTheCounts() {
    for (int demand = 0; demand <= 1000; demand += 7) {
      PageCounts pages =
          pages().setDemand(demand).setPrefetched(demand / 3).setZero(1000 - demand).build();
      assertThat(PageBar.draw(pages, 33, Palette.PLAIN)).hasSize(33);
    }
  }
}
