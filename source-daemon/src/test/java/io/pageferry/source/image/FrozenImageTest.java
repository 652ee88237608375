package io.pageferry.source.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageHash;
import io.pageferry.wire.OutgoingFrame;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A guest's memory that goes to more than one receiver. */
class FrozenImageTest {
  private static final long BLOCK = 64;
  private static final long PAGES = 4 * BLOCK;
  private static final long WRITTEN = 3 * BLOCK;

  private final GuestMemory memory = Pages.memory(PAGES, WRITTEN);
  private final MemorySlot slot = Pages.slot(memory);
  private final FrozenImage image = new FrozenImage(memory);
  private final Delivery one = image.newDelivery();
  private final Delivery other = image.newDelivery();

  @AfterEach
  void unmap() {
    memory.close();
  }

  private static void send(Delivery delivery, MemorySlot slot, long first, long count) {
    for (long page = first; page < first + count; page++) {
      assertThat(delivery.markSent(slot, page)).as("page %d", page).isTrue();
    }
  }

  private static void deliver(Delivery delivery, MemorySlot slot, long first, long count) {
    send(delivery, slot, first, count);
    delivery.acknowledge(Pages.SLOT, first, count);
  }

  private void assertResident(long pages) {
    assertThat(slot.residentBytes()).isEqualTo(PageGeometry.bytes(pages));
  }

  @Test
  void aPageStaysUntilEveryReceiverHasAcknowledgedIt() {
    deliver(one, slot, 0, WRITTEN);
    assertThat(one.isComplete()).isTrue();
    assertThat(other.isComplete()).isFalse();
    assertResident(WRITTEN);
    for (long page = 0; page < WRITTEN; page++) {
      assertThat(Pages.read(slot, page)).isEqualTo(page + 1);
    }
    deliver(other, slot, BLOCK, BLOCK);
    assertResident(WRITTEN - BLOCK);
    deliver(other, slot, 0, BLOCK);
    deliver(other, slot, 2 * BLOCK, BLOCK);
    assertThat(other.isComplete()).isTrue();
    assertResident(0);
  }

  @Test
  void whatOneReceiverHasIsSentToTheOtherAllTheSame() {
    deliver(one, slot, 0, WRITTEN);
    assertThat(one.nextFrame()).isNull();
    assertThat(other.sentPages()).isZero();
    assertThat(other.nextFrame()).isEqualTo(OutgoingFrame.bytes(slot, 0, Delivery.MAX_FRAME_PAGES));
    assertThat(other.bytesInFlight()).isEqualTo(PageGeometry.bytes(Delivery.MAX_FRAME_PAGES));
    assertThat(one.bytesInFlight()).isZero();
  }

  @Test
  void theDigestIsThatOfTheImageForEveryReceiver() {
    long expected = 0;
    for (long page = 0; page < WRITTEN; page++) {
      expected += PageHash.contribution(slot, page);
    }
    deliver(one, slot, 0, WRITTEN);
    for (long block = WRITTEN - BLOCK; block >= 0; block -= BLOCK) {
      deliver(other, slot, block, BLOCK);
    }
    assertResident(0);
    assertThat(one.imageDigest()).isEqualTo(expected);
    assertThat(other.imageDigest()).isEqualTo(expected);
  }

  @Test
  void aReceiverThatIsGivenUpHoldsNoPageBack() {
    deliver(one, slot, 0, 2 * BLOCK);
    deliver(other, slot, 0, 10);
    other.drop();
    other.drop();
    assertResident(BLOCK);
    deliver(one, slot, 2 * BLOCK, BLOCK);
    assertResident(0);
  }

  @Test
  void aReceiverThatIsGivenUpLeavesTheOthersTheirPages() {
    deliver(one, slot, 0, WRITTEN);
    one.drop();
    assertResident(WRITTEN);
    one.acknowledge(Pages.SLOT, 0, WRITTEN);
    assertResident(WRITTEN);
    deliver(other, slot, 0, WRITTEN);
    assertResident(0);
  }

  @Test
  void onceEveryReceiverIsGivenUpThePagesStay() {
    send(one, slot, 0, WRITTEN);
    one.drop();
    other.drop();
    one.acknowledge(Pages.SLOT, 0, WRITTEN);
    assertResident(WRITTEN);
    for (long page = 0; page < WRITTEN; page++) {
      assertThat(Pages.read(slot, page)).isEqualTo(page + 1);
    }
  }

  @Test
  void noReceiverJoinsOnceAPageWasAcknowledged() {
    deliver(one, slot, 0, 1);
    one.drop();
    assertThatThrownBy(image::newDelivery).isInstanceOf(IllegalStateException.class);
    deliver(other, slot, 0, WRITTEN);
    assertResident(0);
  }

  @Test
  void eachReceiverCostsTwoBitsAPage() {
    assertThat(FrozenImage.bitmaps(1)).isEqualTo(3);
    assertThat(FrozenImage.bitmaps(2)).isEqualTo(5);
  }

  @Test
  void noBlockIsForgottenWhenTwoReceiversAcknowledgeItAtOnce() throws Exception {
    int rounds = 3_000;
    try (GuestMemory large = Pages.memory(rounds * BLOCK, rounds * BLOCK)) {
      MemorySlot pages = Pages.slot(large);
      FrozenImage shared = new FrozenImage(large);
      Delivery left = shared.newDelivery();
      Delivery right = shared.newDelivery();
      send(left, pages, 0, rounds * BLOCK);
      send(right, pages, 0, rounds * BLOCK);
      CyclicBarrier together = new CyclicBarrier(2);
      bothAtOnce(
          () -> acknowledgeInTurn(left, rounds, together),
          () -> acknowledgeInTurn(right, rounds, together));
      assertThat(pages.residentBytes()).isZero();
    }
  }

  private static @Nullable Void acknowledgeInTurn(
      Delivery delivery, int rounds, CyclicBarrier together) throws Exception {
    for (int round = 0; round < rounds; round++) {
      var _ = together.await();
      delivery.acknowledge(Pages.SLOT, round * BLOCK, BLOCK);
    }
    return null;
  }

  @Test
  void noBlockIsForgottenWhenAReceiverIsGivenUpAsAnotherAcknowledgesIt() throws Exception {
    for (int round = 0; round < 500; round++) {
      try (GuestMemory small = Pages.memory(BLOCK, BLOCK)) {
        MemorySlot pages = Pages.slot(small);
        FrozenImage shared = new FrozenImage(small);
        Delivery stays = shared.newDelivery();
        Delivery goes = shared.newDelivery();
        send(stays, pages, 0, BLOCK);
        CyclicBarrier together = new CyclicBarrier(2);
        bothAtOnce(
            () -> acknowledgeInTurn(stays, 1, together),
            () -> {
              var _ = together.await();
              goes.drop();
              return null;
            });
        assertThat(pages.residentBytes()).as("round %d", round).isZero();
      }
    }
  }

  @Test
  void aPageThatIsReadAgainAsItsReceiverIsGivenUpIsWholeOrKnownToBeGone() throws Exception {
    MemorySegment copy = MemorySegment.ofArray(new long[PageGeometry.PAGE_SIZE / Long.BYTES]);
    for (int round = 0; round < 500; round++) {
      try (GuestMemory small = Pages.memory(BLOCK, BLOCK)) {
        MemorySlot pages = Pages.slot(small);
        FrozenImage shared = new FrozenImage(small);
        Delivery stays = shared.newDelivery();
        Delivery goes = shared.newDelivery();
        deliver(stays, pages, 0, BLOCK);
        send(goes, pages, 0, BLOCK);
        CyclicBarrier together = new CyclicBarrier(2);
        bothAtOnce(
            () -> {
              var _ = together.await();
              while (goes.copyUnlessReleased(pages, 7, copy)) {
                assertThat(copy.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(8);
              }
              return null;
            },
            () -> {
              var _ = together.await();
              goes.drop();
              return null;
            });
      }
    }
  }

  private static void bothAtOnce(Callable<?> here, Callable<?> there) throws Exception {
    try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
      Future<?> elsewhere = executor.submit(there);
      try {
        var _ = here.call();
        var _ = elsewhere.get();
      } finally {
        var _ = executor.shutdownNow();
      }
    }
  }
}
