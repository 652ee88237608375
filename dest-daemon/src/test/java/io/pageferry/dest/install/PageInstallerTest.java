package io.pageferry.dest.install;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.fault.PageStates;
import io.pageferry.memory.PageBitmap;
import io.pageferry.memory.PageGeometry;
import io.pageferry.wire.PageSink;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PageInstallerTest {
  private static final int PAGES = 512;

  private final Incoming incoming = Incoming.ofPages(PAGES);

  @AfterEach
  void unmap() {
    incoming.close();
  }

  @Test
  void aPageIsStillTrappedAndNotPresentWhileItsBytesAreCopied() {
    AtomicInteger copied = new AtomicInteger();
    PageSink.Payload payload =
        watched(page -> {
          assertThat(incoming.traps(page)).as("page %d while it is copied", page).isTrue();
          assertThat(incoming.pages.states().state(page)).isEqualTo(PageStates.State.CLAIMED);
          copied.incrementAndGet();
        });
    incoming.drain.install(incoming.slot, 4, 3, payload, 0);
    assertThat(copied).hasValue(3);
    for (long page = 4; page < 7; page++) {
      assertThat(incoming.traps(page)).isFalse();
    }
  }

  private interface Watcher {
    void copied(long page);
  }

  private static PageSink.Payload watched(Watcher watcher) {
    PageSink.Payload bytes = Incoming.filledWith(9);
    return new PageSink.Payload() {
      @Override
      public void copyPageTo(MemorySegment target, long offset) {
        bytes.copyPageTo(target, offset);
        watcher.copied(PageGeometry.pages(offset));
      }

      @Override
      public void skipPage() {
        bytes.skipPage();
      }
    };
  }

  @Test
  void aReaderThatFindsTheTrapLiftedSeesTheWholePage() throws Exception {
    AtomicInteger torn = new AtomicInteger();
    Thread reader =
        Thread.ofPlatform()
            .start(() -> {
              for (long page = 0; page < PAGES; page++) {
                while (incoming.traps(page)) {
                  Thread.onSpinWait();
                }
                for (int word = 511; word >= 0; word--) {
                  if (incoming.word(page, word) != page + 1) {
                    torn.incrementAndGet();
                  }
                }
              }
            });
    for (long page = 0; page < PAGES; page++) {
      incoming.drain.install(incoming.slot, page, 1, Incoming.filledWith(page + 1), 0);
    }
    reader.join();
    assertThat(torn).hasValue(0);
  }

  @Test
  void racingLanesInstallEveryPageOnceAndCountTheOthers() throws Exception {
    AtomicLong copies = new AtomicLong();
    PageSink.Payload counting = watched(page -> copies.incrementAndGet());
    Thread demand =
        Thread.ofPlatform()
            .start(() -> {
              for (long page = PAGES - 1; page >= 0; page--) {
                incoming.demand.install(incoming.slot, page, 1, counting, 0);
              }
            });
    for (long page = 0; page < PAGES; page += 64) {
      incoming.drain.install(incoming.slot, page, 64, counting, 0);
    }
    demand.join();
    incoming.acknowledgements.flush();
    assertThat(copies).hasValue(PAGES);
    assertThat(incoming.guest.presentPages()).isEqualTo(PAGES);
    assertThat(incoming.installer.demandPages() + incoming.installer.drainPages()).isEqualTo(PAGES);
    assertThat(incoming.installer.duplicatePages()).isEqualTo(PAGES);
    assertThat(incoming.acknowledgedPages()).isEqualTo(PAGES);
    assertThat(incoming.guest.isComplete()).isTrue();
  }

  @Test
  void aPageWhoseArrivalFailsIsMissingAgainAndTheNextArrivalInstallsIt() {
    PageSink.Payload failing =
        watched(page -> {
          if (page == 6) {
            throw new OutOfMemoryError("a fault of this test");
          }
        });
    assertThatThrownBy(() -> incoming.drain.install(incoming.slot, 4, 8, failing, 0))
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(incoming.guest.presentPages()).isZero();
    assertThat(incoming.traps(4)).isTrue();
    assertThat(incoming.pages.states().state(4)).isEqualTo(PageStates.State.MISSING);
    incoming.demand.install(incoming.slot, 6, 1, Incoming.filledWith(2), 0);
    incoming.drain.install(incoming.slot, 4, 8, Incoming.filledWith(1), 0);
    assertThat(incoming.guest.presentPages()).isEqualTo(8);
    assertThat(incoming.installer.duplicatePages()).isEqualTo(1);
    assertThat(incoming.word(6, 0)).isEqualTo(2);
    assertThat(incoming.word(4, 0)).isEqualTo(1);
    incoming.acknowledgements.flush();
    assertThat(incoming.acknowledgedPages()).isEqualTo(8);
  }

  @Test
  void aPageThatTheGuestHasWrittenIsNotOverwrittenByALateArrival() {
    incoming.demand.install(incoming.slot, 7, 1, Incoming.filledWith(1), 0);
    long digest = incoming.installer.digest();
    incoming.slot.segment().set(JAVA_LONG, PageGeometry.bytes(7), 4711);
    incoming.drain.install(incoming.slot, 6, 3, Incoming.filledWith(2), 0);
    incoming.drain.installZeros(incoming.slot, 7, 1, 0);
    assertThat(incoming.word(7, 0)).isEqualTo(4711);
    assertThat(incoming.word(6, 0)).isEqualTo(2);
    assertThat(incoming.word(8, 0)).isEqualTo(2);
    assertThat(incoming.installer.duplicatePages()).isEqualTo(2);
    assertThat(incoming.installer.digest()).isNotEqualTo(digest);
  }

  @Test
  void aPageIsAcknowledgedOnlyAfterItIsInPlaceAndOnlyOnce() {
    incoming.demand.install(incoming.slot, 1, 1, Incoming.filledWith(1), 0);
    assertThat(incoming.acknowledgedPages()).isZero();
    incoming.drain.install(
        incoming.slot, 0, 4, watched(page -> assertThat(incoming.acknowledgedPages()).isZero()), 0);
    assertThat(incoming.acknowledgedPages()).isEqualTo(4);
  }

  @Test
  void theZeroMapLetsPagesBeReadWithoutMemoryOrBytes() {
    try (Arena arena = Arena.ofConfined()) {
      byte[] bits = new byte[PAGES / 8];
      bits[0] = 0b100;
      bits[PAGES / 8 - 1] = (byte) 0x80;
      incoming.installer.acceptZeroPages(incoming.slot, PageBitmap.of(PAGES, bits, arena));
    }
    assertThat(incoming.traps(2)).isTrue();
    assertThat(incoming.traps(PAGES - 1)).isTrue();
    assertThat(incoming.guest.presentPages()).isEqualTo(PAGES - 2);
    assertThat(incoming.installer.zeroPages()).isEqualTo(PAGES - 2);
    for (long page = 3; page < PAGES - 1; page++) {
      assertThat(incoming.traps(page)).isFalse();
    }
    assertThat(incoming.slot.residentBytes()).isZero();
    incoming.drain.install(incoming.slot, 1, 2, Incoming.filledWith(5), 0);
    assertThat(incoming.word(1, 0)).as("a page of the zero map is never overwritten").isZero();
    assertThat(incoming.word(2, 0)).isEqualTo(5);
  }

  @Test
  void residentMemoryGrowsWithPagesInstalledOnly() {
    assertThat(incoming.slot.residentBytes()).isZero();
    incoming.drain.install(incoming.slot, 100, 30, Incoming.filledWith(3), 0);
    incoming.drain.installZeros(incoming.slot, 200, 50, 0);
    incoming.drain.install(incoming.slot, 100, 30, Incoming.filledWith(3), 0);
    assertThat(incoming.slot.residentBytes()).isEqualTo(PageGeometry.bytes(30));
  }
}
