package io.pageferry.source.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageHash;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeliveryTest {
  private static final long PAGES = 200;
  private static final long WRITTEN = 150;

  private GuestMemory memory;
  private MemorySlot slot;
  private Delivery delivery;

  @BeforeEach
  void freeze() {
    memory = Pages.memory(PAGES, WRITTEN);
    slot = Pages.slot(memory);
    delivery = new FrozenImage(memory).newDelivery();
  }

  @AfterEach
  void unmap() {
    memory.close();
  }

  private void send(long first, long count) {
    for (long page = first; page < first + count; page++) {
      assertThat(delivery.markSent(slot, page)).as("page %d", page).isTrue();
    }
  }

  private long digest(long first, long count) {
    long digest = 0;
    for (long page = first; page < first + count; page++) {
      digest += PageHash.contribution(slot, page);
    }
    return digest;
  }

  @Test
  void aPageThatIsReadAgainAsItIsReleasedIsWholeOrKnownToBeGone() throws Exception {
    int rounds = 3_000;
    long block = 64;
    try (GuestMemory large = Pages.memory(rounds * block, rounds * block)) {
      MemorySlot pages = Pages.slot(large);
      Delivery sent = new FrozenImage(large).newDelivery();
      for (long page = 0; page < rounds * block; page++) {
        assertThat(sent.markSent(pages, page)).isTrue();
      }
      CyclicBarrier together = new CyclicBarrier(2);
      try (ExecutorService other = Executors.newSingleThreadExecutor()) {
        Future<?> acknowledging =
            other.submit(() -> {
              for (int round = 0; round < rounds; round++) {
                var _ = together.await();
                sent.acknowledge(Pages.SLOT, round * block, block);
              }
              return null;
            });
        try {
          MemorySegment copy = MemorySegment.ofArray(new long[PageGeometry.PAGE_SIZE / Long.BYTES]);
          for (int round = 0; round < rounds; round++) {
            long page = round * block + block / 2;
            var _ = together.await();
            while (sent.copyUnlessReleased(pages, page, copy)) {
              assertThat(copy.get(ValueLayout.JAVA_LONG, 0))
                  .as("page %d as it is released", page)
                  .isEqualTo(page + 1);
            }
          }
          var _ = acknowledging.get();
        } finally {
          var _ = other.shutdownNow();
        }
      }
    }
  }

  @Test
  void aPageThatIsSentKeepsItsBytesUntilItIsAcknowledged() {
    send(0, WRITTEN);
    assertThat(slot.residentBytes()).isEqualTo(PageGeometry.bytes(WRITTEN));
    assertThat(delivery.bytesInFlight()).isEqualTo(PageGeometry.bytes(WRITTEN));
    for (long page = 0; page < WRITTEN; page++) {
      assertThat(delivery.isAcknowledged(slot, page)).isFalse();
      assertThat(Pages.read(slot, page)).isEqualTo(page + 1);
    }
  }

  @Test
  void acknowledgingReleasesExactlyTheNamedPagesAndKeepsAllOthers() {
    send(0, WRITTEN);
    delivery.acknowledge(Pages.SLOT, 10, 5);
    assertThat(delivery.acknowledgedPages()).isEqualTo(5);
    for (long page = 0; page < WRITTEN; page++) {
      boolean named = page >= 10 && page < 15;
      assertThat(delivery.isAcknowledged(slot, page)).isEqualTo(named);
      assertThat(Pages.read(slot, page)).isEqualTo(page + 1);
    }
  }

  @Test
  void aBlockGoesBackToTheSystemWithItsLastPage() {
    send(0, WRITTEN);
    delivery.acknowledge(Pages.SLOT, 64, 63);
    delivery.acknowledge(Pages.SLOT, 0, 10);
    assertThat(slot.residentBytes()).isEqualTo(PageGeometry.bytes(WRITTEN));
    delivery.acknowledge(Pages.SLOT, 127, 1);
    assertThat(slot.residentBytes()).isEqualTo(PageGeometry.bytes(WRITTEN - 64));
    // The last block holds pages that were never written, and the guest's end.
    delivery.acknowledge(Pages.SLOT, 128, WRITTEN - 128);
    assertThat(slot.residentBytes()).isEqualTo(PageGeometry.bytes(64));
    for (long page = 0; page < 64; page++) {
      assertThat(Pages.read(slot, page)).isEqualTo(page + 1);
    }
  }

  @Test
  void aPageThatWasWrittenUnnoticedIsNotLostWithItsBlock() {
    Pages.write(slot, WRITTEN);
    slot.written().clear(WRITTEN);
    long noticed = digest(0, WRITTEN);
    send(0, WRITTEN);
    delivery.acknowledge(Pages.SLOT, 0, WRITTEN);
    long unnoticed = PageHash.contribution(slot, WRITTEN);
    assertThat(unnoticed).isNotZero();
    assertThat(delivery.imageDigest()).isEqualTo(noticed + unnoticed);
  }

  @Test
  void aPageAcknowledgedTwiceIsReleasedAndDigestedOnce() {
    long expected = digest(0, WRITTEN);
    send(0, WRITTEN);
    delivery.acknowledge(Pages.SLOT, 0, WRITTEN);
    delivery.acknowledge(Pages.SLOT, 0, WRITTEN);
    delivery.acknowledge(Pages.SLOT, 7, 1);
    assertThat(delivery.acknowledgedPages()).isEqualTo(WRITTEN);
    assertThat(delivery.bytesInFlight()).isZero();
    assertThat(delivery.imageDigest()).isEqualTo(expected);
    assertThat(delivery.isComplete()).isTrue();
  }

  @Test
  void anAcknowledgementOfAPageThatWasNeverSentReleasesNothing() {
    send(0, 10);
    assertThatThrownBy(() -> delivery.acknowledge(Pages.SLOT, 5, 10))
        .isInstanceOfSatisfying(
            PageFerryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.PAGE_OUT_OF_RANGE))
        .hasMessageContaining("page 10");
    assertThat(delivery.acknowledgedPages()).isZero();
    assertThat(slot.residentBytes()).isEqualTo(PageGeometry.bytes(WRITTEN));
  }

  @Test
  void anAcknowledgementOfAPageThatWasNeverWrittenCountsForNothing() {
    send(0, WRITTEN);
    delivery.acknowledge(Pages.SLOT, WRITTEN - 1, 2);
    assertThat(delivery.acknowledgedPages()).isEqualTo(1);
    assertThat(delivery.bytesInFlight()).isEqualTo(PageGeometry.bytes(WRITTEN - 1));
  }

  @Test
  void pagesOutsideTheGuestAreRefused() {
    long[][] ranges = {
      {Pages.SLOT + 1, 0, 1}, {Pages.SLOT, -1, 1}, {Pages.SLOT, PAGES, 1},
      {Pages.SLOT, 0, PAGES + 1}, {Pages.SLOT, 0, 0}, {Pages.SLOT, 0, -1},
      {Pages.SLOT, Long.MAX_VALUE, 1}, {Pages.SLOT, 1, Long.MAX_VALUE}
    };
    for (long[] range : ranges) {
      assertThatThrownBy(() -> delivery.acknowledge((int) range[0], range[1], range[2]))
          .isInstanceOfSatisfying(
              PageFerryException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.PAGE_OUT_OF_RANGE));
    }
    assertThat(delivery.acknowledgedPages()).isZero();
  }

  @Test
  void everyPageIsMarkedAsSentFirstByOneOfManyThreads() throws Exception {
    int threads = 4;
    List<Integer> firsts =
        inParallel(
            threads,
            worker -> {
              int first = 0;
              for (long page = 0; page < WRITTEN; page++) {
                first += delivery.markSent(slot, page) ? 1 : 0;
              }
              return first;
            });
    assertThat(firsts.stream().mapToInt(Integer::intValue).sum()).isEqualTo((int) WRITTEN);
    assertThat(delivery.sentPages()).isEqualTo(WRITTEN);
  }

  @Test
  void sendingWhileAcknowledgementsComeNeitherLosesNorRepeatsAPage() throws Exception {
    long seed = System.nanoTime();
    System.out.println("sendingWhileAcknowledgementsCome: seed " + seed);
    List<Long> order = new ArrayList<>();
    for (long page = 0; page < WRITTEN; page++) {
      order.add(page);
    }
    Collections.shuffle(order, new Random(seed));
    List<Integer> results =
        inParallel(
            3,
            worker -> {
              for (long page : order) {
                if (worker > 0) {
                  var _ = delivery.markSent(slot, page);
                  continue;
                }
                while (!delivery.isAcknowledged(slot, page)) {
                  try {
                    delivery.acknowledge(Pages.SLOT, page, 1);
                  } catch (PageFerryException notSentYet) {
                    assertThat(Pages.read(slot, page)).as("seed %d", seed).isEqualTo(page + 1);
                    Thread.onSpinWait();
                  }
                }
              }
              return worker;
            });
    assertThat(results).hasSize(3);
    assertThat(delivery.isComplete()).isTrue();
    assertThat(delivery.acknowledgedPages()).isEqualTo(WRITTEN);
    assertThat(delivery.sentPages()).isEqualTo(WRITTEN);
    // Who is second to send a page may look at it once it has gone back: a page of zeros then.
    for (long page = 0; page < WRITTEN; page++) {
      assertThat(Pages.read(slot, page)).isZero();
    }
  }

  @Test
  void bookkeepingTakesAtMostFourBitsAPage() {
    assertThat(FrozenImage.bitmaps(1)).isLessThanOrEqualTo(4);
  }

  private interface Work {
    int run(int worker);
  }

  private static List<Integer> inParallel(int threads, Work work) throws Exception {
    CyclicBarrier start = new CyclicBarrier(threads);
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<Integer>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int worker = i;
        futures.add(
            executor.submit(() -> {
              var _ = start.await();
              return work.run(worker);
            }));
      }
      List<Integer> results = new ArrayList<>();
      for (Future<Integer> future : futures) {
        results.add(future.get());
      }
      return results;
    }
  }
}
