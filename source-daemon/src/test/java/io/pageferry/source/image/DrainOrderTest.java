package io.pageferry.source.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.wire.OutgoingFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DrainOrderTest {
  private static final long PAGES = 4000;

  private final GuestMemory memory = Pages.memory(PAGES, PAGES);
  private final MemorySlot slot = Pages.slot(memory);
  private final Delivery delivery = new FrozenImage(memory).newDelivery();

  @AfterEach
  void unmap() {
    memory.close();
  }

  private OutgoingFrame next() {
    return Objects.requireNonNull(delivery.nextFrame());
  }

  private void fault(long page) {
    var _ = delivery.markSent(slot, page);
    delivery.faulted(slot, page);
  }

  @Test
  void withoutFaultsItGoesByAddressInLargeFrames() {
    assertThat(next()).isEqualTo(OutgoingFrame.bytes(slot, 0, 64));
    assertThat(next()).isEqualTo(OutgoingFrame.bytes(slot, 64, 64));
  }

  @Test
  void aFaultNearAnEarlierOneDrawsItThere() {
    fault(1000);
    fault(1010);
    assertThat(next().firstPage()).isEqualTo(1011);
    fault(990);
    assertThat(next().firstPage())
        .as("below the fault, where a guest goes backwards")
        .isEqualTo(926);
  }

  @Test
  void faultsAllOverThePlaceLeaveItWhereItIs() {
    var _ = next();
    fault(1000);
    fault(3000);
    fault(2000);
    assertThat(next().firstPage()).isEqualTo(64);
  }

  @Test
  void framesShrinkWhileFaultsComeAndGrowAgainAfterwards() {
    fault(3999);
    List<Integer> sizes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      sizes.add(next().pageCount());
    }
    assertThat(sizes).containsExactly(16, 32, 64, 64);
  }

  @Test
  void itComesRoundToWhatItHasPassedOver() {
    fault(2000);
    fault(2001);
    List<Long> sent = new ArrayList<>(List.of(2000L, 2001L));
    for (OutgoingFrame frame = delivery.nextFrame(); frame != null; frame = delivery.nextFrame()) {
      for (long page = 0; page < frame.pageCount(); page++) {
        sent.add(frame.firstPage() + page);
      }
    }
    assertThat(sent)
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, PAGES).boxed().toList());
  }
}
