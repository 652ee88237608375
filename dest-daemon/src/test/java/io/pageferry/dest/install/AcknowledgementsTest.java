package io.pageferry.dest.install;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.PageRange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class AcknowledgementsTest {
  private static final int MOST_RANGES = 1024;

  private final List<DrainRequest> sent = new ArrayList<>();
  private final Acknowledgements acknowledgements = new Acknowledgements();

  AcknowledgementsTest() {
    acknowledgements.sendOn(sent::add);
    acknowledgements.begin();
  }

  private BitSet acknowledged() {
    BitSet pages = new BitSet();
    for (DrainRequest message : sent) {
      for (PageRange range : message.getInstalledList()) {
        for (int i = 0; i < range.getPageCount(); i++) {
          int page = (int) range.getFirstPage() + i;
          assertThat(pages.get(page)).as("page %d is acknowledged twice", page).isFalse();
          pages.set(page);
        }
      }
    }
    return pages;
  }

  @Test
  void neighboursTravelAsOneRange() {
    acknowledgements.add(0, 5, 1);
    acknowledgements.add(0, 6, 10);
    acknowledgements.add(1, 16, 1);
    acknowledgements.flush();
    assertThat(sent).hasSize(1);
    assertThat(sent.getFirst().getInstalledCount()).isEqualTo(2);
    assertThat(sent.getFirst().getInstalled(0).getPageCount()).isEqualTo(11);
  }

  @Test
  void whatWaitsToBeSentIsBounded() {
    for (int page = 0; page < 2 * 10_000; page += 2) {
      acknowledgements.add(0, page, 1);
      assertThat(page / 2 + 1 - acknowledged().cardinality()).isLessThan(MOST_RANGES);
    }
    assertThat(sent)
        .allSatisfy(m -> assertThat(m.getInstalledCount()).isLessThanOrEqualTo(MOST_RANGES));
  }

  @Test
  void nothingIsLostOrRepeatedWhileLanesAddAndOneFlushes() throws Exception {
    int pages = 4_000;
    Thread demand = Thread.ofPlatform().start(() -> addEvery(pages, 0));
    Thread drain = Thread.ofPlatform().start(() -> addEvery(pages, 1));
    while (demand.isAlive() || drain.isAlive()) {
      acknowledgements.flush();
    }
    demand.join();
    drain.join();
    acknowledgements.flush();
    assertThat(acknowledged().cardinality()).isEqualTo(pages);
  }

  private void addEvery(int pages, int from) {
    for (int page = from; page < pages; page += 2) {
      acknowledgements.add(0, page, 1);
    }
  }

  @Test
  void nothingIsSentWhenNothingIsInstalled() {
    acknowledgements.add(0, 5, 0);
    acknowledgements.flush();
    assertThat(sent).isEmpty();
  }

  @Test
  void beforeCommitNothingIsSentAndWhatWaitsIsSentAfterwards() {
    Acknowledgements early = new Acknowledgements();
    early.sendOn(sent::add);
    early.add(0, 5, 2);
    early.flush();
    assertThat(sent).isEmpty();
    early.begin();
    early.flush();
    assertThat(acknowledged().cardinality()).isEqualTo(2);
  }

  @Test
  void theLaneThatTakesOverGetsWhatWasNotSent() {
    List<DrainRequest> next = new ArrayList<>();
    acknowledgements.add(0, 5, 2);
    acknowledgements.sendOn(next::add);
    acknowledgements.flush();
    assertThat(sent).isEmpty();
    assertThat(next).hasSize(1);
  }
}
