package io.pageferry.dest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.dest.install.Incoming;
import io.pageferry.fault.SlotPages;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A page is asked for once, unless its place is taken. */
class RequestedPagesTest {
  private static final int PAGES = 1 << 16;

  private final Incoming incoming = Incoming.ofPages(PAGES);
  private final SlotPages slot = incoming.pages;

  @AfterEach
  void unmap() {
    incoming.close();
  }

  @Test
  void theFirstWhoNeedsAPageAsksForItUntilItIsAnsweredOrForgotten() {
    RequestedPages requested = new RequestedPages(incoming.guest, 1);
    assertThat(requested.ask(slot, 7)).isTrue();
    assertThat(requested.ask(slot, 7)).isFalse();
    requested.forget();
    assertThat(requested.ask(slot, 7)).isTrue();
    requested.answered(slot, 7);
    assertThat(requested.ask(slot, 7)).isTrue();
  }

  @Test
  void ofTwoThatNeedAPageAtTheSameInstantOneAsks() throws Exception {
    RequestedPages requested = new RequestedPages(incoming.guest, 2);
    CyclicBarrier start = new CyclicBarrier(2);
    int rounds = 2_000;
    try (ExecutorService vcpus = Executors.newFixedThreadPool(2)) {
      for (int page = 0; page < rounds; page++) {
        long needed = page;
        var asks =
            IntStream.range(0, 2)
                .mapToObj(vcpu ->
                    vcpus.submit(() -> {
                      var _ = start.await();
                      return requested.ask(slot, needed) ? 1 : 0;
                    }))
                .toList();
        int sum = 0;
        for (Future<Integer> ask : asks) {
          sum += ask.get();
        }
        assertThat(sum).as("requests for page %d", page).isOne();
        requested.answered(slot, page);
      }
    }
  }

  @Test
  void aPlaceIsTakenOverOnceThePageThatHadItIsPresentAndNoRequestIsEverHeldBack() {
    RequestedPages requested = new RequestedPages(incoming.guest, 1);
    // Far more than there are places; nobody answers, as when every vCPU were kicked.
    for (long page = 0; page < PAGES; page++) {
      assertThat(requested.ask(slot, page)).as("page %d", page).isTrue();
    }
    incoming.drain.install(incoming.slot, 0, PAGES - 1, Incoming.filledWith(1), 0);
    assertThat(requested.ask(slot, PAGES - 1)).isTrue();
    assertThat(requested.ask(slot, PAGES - 1)).isFalse();
  }
}
