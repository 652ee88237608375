package io.pageferry.source.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.MigrationKey;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.source.image.Delivery;
import io.pageferry.source.image.FrozenImage;
import io.pageferry.source.image.Pages;
import io.pageferry.wire.OutgoingFrame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DrainLaneTest {
  private static final DrainBandwidth UNLIMITED = new DrainBandwidth(DrainBandwidth.UNLIMITED);
  private final DrainTimer timer = new DrainTimer();
  private static final long PAGES = 1000;

  /** Room for one frame. */
  private static final long SMALLEST_CAP = PageGeometry.bytes(Delivery.MAX_FRAME_PAGES);

  private static final long CAP = PageGeometry.bytes(100);

  private final GuestMemory memory = Pages.memory(PAGES, PAGES);
  private final MemorySlot slot = Pages.slot(memory);
  private final Delivery delivery = new FrozenImage(memory).newDelivery();
  private final RecordingCall<DrainRequest> call = RecordingCall.drain();
  private final Session session =
      new Session(new MigrationKey(new UUID(1, 1), new UUID(2, 2), 2), 1, 0, new RecordingOwner());
  private final DrainLane lane = new DrainLane(call, hello -> session, UNLIMITED, timer);

  @AfterEach
  void unmap() {
    timer.close();
    memory.close();
  }

  private List<Long> pagesSent() {
    List<Long> pages = new ArrayList<>();
    for (OutgoingFrame frame : call.frames) {
      for (int i = 0; i < frame.pageCount(); i++) {
        pages.add(frame.firstPage() + i);
      }
    }
    return pages;
  }

  private void acknowledge(OutgoingFrame frame) {
    delivery.acknowledge(
        Objects.requireNonNull(frame.slot()).id(), frame.firstPage(), frame.pageCount());
    lane.onReady();
  }

  @Test
  void bytesInFlightStayUnderTheCapWhileNothingIsAcknowledged() {
    lane.start(delivery, CAP);
    for (int i = 0; i < 50; i++) {
      lane.onReady();
    }
    assertThat(call.frames).isNotEmpty();
    assertThat(delivery.bytesInFlight()).isLessThanOrEqualTo(CAP);
  }

  @Test
  void fetchedPagesCountTowardsTheCapAsWell() {
    for (long page = PAGES - 99; page < PAGES; page++) {
      assertThat(delivery.markSent(slot, page)).isTrue();
    }
    lane.start(delivery, CAP);
    assertThat(delivery.bytesInFlight()).isLessThanOrEqualTo(CAP);
  }

  @Test
  void acknowledgementsMakeRoomForMoreUntilEveryPageIsSentOnce() {
    lane.start(delivery, CAP);
    for (int next = 0; next < call.frames.size(); next++) {
      assertThat(delivery.bytesInFlight()).isLessThanOrEqualTo(CAP);
      acknowledge(call.frames.get(next));
    }
    assertThat(pagesSent()).containsExactlyElementsOf(LongStream.range(0, PAGES).boxed().toList());
    assertThat(delivery.isComplete()).isTrue();
    assertThat(delivery.bytesInFlight()).isZero();
  }

  @Test
  void theSmallestCapStillDrainsEverything() {
    lane.start(delivery, SMALLEST_CAP);
    for (int next = 0; next < call.frames.size(); next++) {
      acknowledge(call.frames.get(next));
    }
    assertThat(delivery.isComplete()).isTrue();
  }

  @Test
  void whileFaultsComeAnEighthOfTheCapIsInFlight() {
    long cap = 8 * SMALLEST_CAP;
    call.room = 0;
    lane.start(delivery, cap);
    for (int fault = 0; fault < 20; fault++) {
      delivery.faulted(slot, PAGES - 1);
      call.room = call.frames.size() + 1;
      lane.onReady();
    }
    assertThat(delivery.bytesInFlight()).isPositive().isLessThanOrEqualTo(cap / 8);

    // No fault comes any more: the drain goes back to the whole cap as soon as it may send again.
    call.room = Integer.MAX_VALUE;
    acknowledge(call.frames.getFirst());
    acknowledge(call.frames.get(1));
    acknowledge(call.frames.get(2));
    assertThat(delivery.bytesInFlight()).isGreaterThan(cap / 2).isLessThanOrEqualTo(cap);
  }

  @Test
  void pagesThatAreNeverAcknowledgedDoNotHoldTheDrainBackForEver() {
    for (long page = PAGES - 100; page < PAGES; page++) {
      assertThat(delivery.markSent(slot, page)).isTrue();
    }
    delivery.faulted(slot, PAGES - 1);
    lane.start(delivery, 8 * SMALLEST_CAP);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(List.copyOf(call.frames)).isNotEmpty());
  }

  @Test
  void aDrainKeepsToTheBandwidthAndSendsEverything() {
    // The guest's four megabytes take two seconds, less what may be caught up with.
    long perSecond = PageGeometry.bytes(PAGES) / 2;
    DrainLane slow = new DrainLane(call, hello -> session, new DrainBandwidth(perSecond), timer);
    long start = System.nanoTime();
    slow.start(delivery, Long.MAX_VALUE);
    await().atMost(Duration.ofSeconds(60)).until(() -> delivery.sentPages() == PAGES);
    assertThat(System.nanoTime() - start).isGreaterThan(1_800_000_000L);
    assertThat(pagesSent()).containsExactlyElementsOf(LongStream.range(0, PAGES).boxed().toList());
  }

  @Test
  void aDrainThatCannotWaitSendsEverythingAndDelaysNoOther() {
    DrainBandwidth bandwidth = new DrainBandwidth(PageGeometry.bytes(PAGES));
    timer.close();
    new DrainLane(call, hello -> session, bandwidth, timer).start(delivery, Long.MAX_VALUE);
    assertThat(delivery.sentPages()).isEqualTo(PAGES);
    try (GuestMemory more = Pages.memory(10, 10);
        DrainTimer works = new DrainTimer()) {
      long start = System.nanoTime();
      Delivery second = new FrozenImage(more).newDelivery();
      new DrainLane(RecordingCall.drain(), hello -> session, bandwidth, works)
          .start(second, Long.MAX_VALUE);
      await().atMost(Duration.ofSeconds(20)).until(() -> second.sentPages() == 10);
      assertThat(System.nanoTime() - start).isLessThan(500_000_000);
    }
  }

  @Test
  void whatWakesDrainsIsThereBeforeAnyWaits() {
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .contains("drain-timer");
  }

  @Test
  void aPageThatWasFetchedIsNotDrained() {
    assertThat(delivery.markSent(slot, 70)).isTrue();
    lane.start(delivery, Long.MAX_VALUE);
    assertThat(pagesSent()).hasSize((int) PAGES - 1).doesNotContain(70L).doesNotHaveDuplicates();
  }

  @Test
  void aPageThatWasNeverWrittenIsNotDrained() {
    try (GuestMemory sparse = Pages.memory(PAGES, 0)) {
      Pages.write(Pages.slot(sparse), 500);
      lane.start(new FrozenImage(sparse).newDelivery(), Long.MAX_VALUE);
      assertThat(pagesSent()).containsExactly(500L);
    }
  }

  @Test
  void aWrittenPageOfZerosTravelsWithoutItsBytes() {
    try (GuestMemory zeros = Pages.memory(10, 10)) {
      Pages.slot(zeros).segment().fill((byte) 0);
      lane.start(new FrozenImage(zeros).newDelivery(), Long.MAX_VALUE);
      assertThat(call.frames).hasSize(1);
      assertThat(call.frames.getFirst().zero()).isTrue();
      assertThat(call.frames.getFirst().encodedBytes()).isLessThan(20);
    }
  }

  @Test
  void nothingIsSentWhileTheConnectionTakesNothing() {
    call.room = 2;
    lane.start(delivery, Long.MAX_VALUE);
    assertThat(call.frames).hasSize(2);
    call.room = 3;
    lane.onReady();
    assertThat(call.frames).hasSize(3);
  }

  @Test
  void aLaneThatHasEndedSendsNothingMore() {
    call.room = 1;
    lane.start(delivery, Long.MAX_VALUE);
    lane.end(new IllegalArgumentException("cancelled"));
    call.room = Integer.MAX_VALUE;
    lane.onReady();
    assertThat(call.frames).hasSize(1);
    assertThat(call.closed).isNotNull();
    assertThat(delivery.bytesInFlight()).isEqualTo(PageGeometry.bytes(Delivery.MAX_FRAME_PAGES));
  }

  @Test
  void fetchesAndDrainAtOnceSendEveryPageExactlyOnceBetweenThem() throws Exception {
    List<Long> fetched = new ArrayList<>();
    Thread demand =
        Thread.ofPlatform()
            .start(() -> {
              for (long page = PAGES - 1; page >= 0; page--) {
                if (delivery.markSent(slot, page)) {
                  fetched.add(page);
                }
              }
            });
    lane.start(delivery, Long.MAX_VALUE);
    demand.join();
    lane.onReady();
    fetched.addAll(pagesSent());
    assertThat(fetched)
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, PAGES).boxed().toList());
  }
}
