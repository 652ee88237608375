package io.pageferry.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.wire.OutgoingFrame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DrainLaneTest {
  private static final long PAGES = 1000;
  private static final long CAP = PageGeometry.bytes(100);

  private final GuestMemory memory = Pages.memory(PAGES, PAGES);
  private final MemorySlot slot = Pages.slot(memory);
  private final PageLedger ledger = new PageLedger(memory);
  private final RecordingCall call = new RecordingCall();
  private final DrainLane lane = new DrainLane(call, new LaneRegistry(SourceHarness.noGuests()));

  @AfterEach
  void unmap() {
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
    ledger.acknowledge(
        Objects.requireNonNull(frame.slot()).id(), frame.firstPage(), frame.pageCount());
    lane.onReady();
  }

  @Test
  void bytesInFlightStayUnderTheCapWhileNothingIsAcknowledged() {
    lane.start(new DrainCursor(ledger), CAP);
    for (int i = 0; i < 50; i++) {
      lane.onReady();
    }
    assertThat(call.frames).isNotEmpty();
    assertThat(ledger.bytesInFlight()).isLessThanOrEqualTo(CAP);
  }

  @Test
  void fetchedPagesCountTowardsTheCapAsWell() {
    for (long page = PAGES - 99; page < PAGES; page++) {
      assertThat(ledger.markSent(slot, page)).isTrue();
    }
    lane.start(new DrainCursor(ledger), CAP);
    assertThat(ledger.bytesInFlight()).isLessThanOrEqualTo(CAP);
  }

  @Test
  void acknowledgementsMakeRoomForMoreUntilEveryPageIsSentOnce() {
    lane.start(new DrainCursor(ledger), CAP);
    for (int next = 0; next < call.frames.size(); next++) {
      assertThat(ledger.bytesInFlight()).isLessThanOrEqualTo(CAP);
      acknowledge(call.frames.get(next));
    }
    assertThat(pagesSent()).containsExactlyElementsOf(LongStream.range(0, PAGES).boxed().toList());
    assertThat(ledger.isComplete()).isTrue();
    assertThat(ledger.bytesInFlight()).isZero();
  }

  @Test
  void theSmallestCapStillDrainsEverything() {
    lane.start(new DrainCursor(ledger), SourceConfig.MIN_BYTES_IN_FLIGHT.bytes());
    for (int next = 0; next < call.frames.size(); next++) {
      acknowledge(call.frames.get(next));
    }
    assertThat(ledger.isComplete()).isTrue();
  }

  @Test
  void whileFaultsComeAnEighthOfTheCapIsInFlight() {
    DrainCursor cursor = new DrainCursor(ledger);
    long cap = 8 * SourceConfig.MIN_BYTES_IN_FLIGHT.bytes();
    call.room = 0;
    lane.start(cursor, cap);
    for (int fault = 0; fault < 20; fault++) {
      cursor.faulted(slot, PAGES - 1);
      call.room = call.frames.size() + 1;
      lane.onReady();
    }
    assertThat(ledger.bytesInFlight()).isPositive().isLessThanOrEqualTo(cap / 8);

    // No fault comes any more: the drain goes back to the whole cap as soon as it may send again.
    call.room = Integer.MAX_VALUE;
    acknowledge(call.frames.getFirst());
    acknowledge(call.frames.get(1));
    acknowledge(call.frames.get(2));
    assertThat(ledger.bytesInFlight()).isGreaterThan(cap / 2).isLessThanOrEqualTo(cap);
  }

  @Test
  void pagesThatAreNeverAcknowledgedDoNotHoldTheDrainBackForEver() {
    DrainCursor cursor = new DrainCursor(ledger);
    for (long page = PAGES - 100; page < PAGES; page++) {
      assertThat(ledger.markSent(slot, page)).isTrue();
    }
    cursor.faulted(slot, PAGES - 1);
    lane.start(cursor, 8 * SourceConfig.MIN_BYTES_IN_FLIGHT.bytes());
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(List.copyOf(call.frames)).isNotEmpty());
  }

  @Test
  void aPageThatWasFetchedIsNotDrained() {
    assertThat(ledger.markSent(slot, 70)).isTrue();
    lane.start(new DrainCursor(ledger), Long.MAX_VALUE);
    assertThat(pagesSent()).hasSize((int) PAGES - 1).doesNotContain(70L).doesNotHaveDuplicates();
  }

  @Test
  void aPageThatWasNeverWrittenIsNotDrained() {
    try (GuestMemory sparse = Pages.memory(PAGES, 0)) {
      Pages.write(Pages.slot(sparse), 500);
      lane.start(new DrainCursor(new PageLedger(sparse)), Long.MAX_VALUE);
      assertThat(pagesSent()).containsExactly(500L);
    }
  }

  @Test
  void aWrittenPageOfZerosTravelsWithoutItsBytes() {
    try (GuestMemory zeros = Pages.memory(10, 10)) {
      Pages.slot(zeros).segment().fill((byte) 0);
      lane.start(new DrainCursor(new PageLedger(zeros)), Long.MAX_VALUE);
      assertThat(call.frames).hasSize(1);
      assertThat(call.frames.getFirst().zero()).isTrue();
      assertThat(call.frames.getFirst().encodedBytes()).isLessThan(20);
    }
  }

  @Test
  void nothingIsSentWhileTheConnectionTakesNothing() {
    call.room = 2;
    lane.start(new DrainCursor(ledger), Long.MAX_VALUE);
    assertThat(call.frames).hasSize(2);
    call.room = 3;
    lane.onReady();
    assertThat(call.frames).hasSize(3);
  }

  @Test
  void aLaneThatHasEndedSendsNothingMore() {
    call.room = 1;
    lane.start(new DrainCursor(ledger), Long.MAX_VALUE);
    lane.end(new IllegalArgumentException("cancelled"));
    call.room = Integer.MAX_VALUE;
    lane.onReady();
    assertThat(call.frames).hasSize(1);
    assertThat(call.closed).isNotNull();
    assertThat(ledger.bytesInFlight()).isEqualTo(PageGeometry.bytes(DrainCursor.MAX_FRAME_PAGES));
  }

  @Test
  void fetchesAndDrainAtOnceSendEveryPageExactlyOnceBetweenThem() throws Exception {
    List<Long> fetched = new ArrayList<>();
    Thread demand =
        Thread.ofPlatform()
            .start(() -> {
              for (long page = PAGES - 1; page >= 0; page--) {
                if (ledger.markSent(slot, page)) {
                  fetched.add(page);
                }
              }
            });
    lane.start(new DrainCursor(ledger), Long.MAX_VALUE);
    demand.join();
    lane.onReady();
    fetched.addAll(pagesSent());
    assertThat(fetched)
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, PAGES).boxed().toList());
  }
}
