package io.pageferry.dest.timing;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.dest.prefetch.Prefetch;
import io.pageferry.proto.v1.PageOrigin;
import io.pageferry.proto.v1.SlowFault;
import io.pageferry.wire.LaneKind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SlowestFaultsTest {
  private static final long SEED = 20261126;

  /** A fault that took so long, give or take nothing: its exit is set back in time. */
  private static Fault fault(int vcpu, long page, long nanos) {
    Fault fault = new Fault(vcpu);
    fault.begin(page * 4096 + 8, 3, page, System.nanoTime() - nanos);
    fault.end(null, 0, 0);
    return fault;
  }

  private static List<Long> pages(List<SlowFault> faults) {
    return faults.stream().map(SlowFault::getPage).toList();
  }

  @Test
  void theSlowestOfAllVcpusComeFirstWhateverTheOrderTheyHappenedIn() {
    SlowestFaults slowest = new SlowestFaults(3);
    long hour = 3_600_000_000_000L;
    List<Long> order = new ArrayList<>(LongStream.range(0, 1000).boxed().toList());
    Collections.shuffle(order, new Random(SEED));
    order.forEach(page -> slowest.offer(fault((int) (page % 3), page, (page + 1) * hour)));
    assertThat(pages(slowest.slowest(100, 0)))
        .as("seed " + SEED)
        .isEqualTo(LongStream.range(0, 100).map(i -> 999 - i).boxed().toList());
    assertThat(pages(slowest.slowest(2, 0))).containsExactly(999L, 998L);
  }

  @Test
  void whereFewFaultsHappenedAllAreKeptAndNoneIsInvented() {
    SlowestFaults slowest = new SlowestFaults(2);
    assertThat(slowest.slowest(20, 0)).isEmpty();
    Fault fault = fault(1, 9, 5_000_000_000L);
    slowest.offer(fault);
    assertThat(slowest.slowest(20, fault.exitNanos() - 77))
        .containsExactly(
            SlowFault.newBuilder()
                .setVcpu(1)
                .setGuestPhysicalAddress(9 * 4096 + 8)
                .setSlot(3)
                .setPage(9)
                .setAtNanos(77)
                .setTotalNanos(fault.totalNanos())
                .build());
  }

  @Test
  void whoReadsWhileAVcpuWritesSeesWholeFaultsOnly() throws InterruptedException {
    SlowestFaults slowest = new SlowestFaults(1);
    AtomicBoolean done = new AtomicBoolean();
    // The address of each fault tells its page.
    Thread writer =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              for (long page = 1; !done.get(); page++) {
                slowest.offer(fault(0, page, page * 1_000_000));
              }
            });
    int seen = 0;
    for (int look = 0; look < 300; look++) {
      for (SlowFault fault : slowest.slowest(100, 0)) {
        assertThat(fault.getGuestPhysicalAddress()).isEqualTo(fault.getPage() * 4096 + 8);
        assertThat(fault.getTotalNanos()).isGreaterThanOrEqualTo(fault.getPage() * 1_000_000);
        seen++;
      }
    }
    done.set(true);
    writer.join();
    assertThat(seen).isPositive();
  }

  @Test
  void thePartsOfAFaultAddUpToItsTotal() {
    Fault fault = new Fault(0);
    long exit = System.nanoTime() - 1_000_000;
    fault.begin(0x8000_1008L, 0, 1, exit);
    fault.fetched(exit + 100, Prefetch.NONE);
    fault.end(LaneKind.DEMAND, exit + 300, exit + 350);
    assertThat(fault.origin()).isEqualTo(PageOrigin.PAGE_ORIGIN_FETCH);
    assertThat(fault.queueNanos()).isEqualTo(100);
    assertThat(fault.wireNanos()).isEqualTo(200);
    assertThat(fault.installNanos()).isEqualTo(50);
    assertThat(fault.queueNanos() + fault.wireNanos() + fault.installNanos() + fault.resumeNanos())
        .isEqualTo(fault.totalNanos());
  }

  @Test
  void aPageThatAnEarlierFetchBroughtAlongCountsAsPrefetched() {
    Fault fault = new Fault(0);
    long exit = System.nanoTime() - 1_000_000;
    fault.begin(0x8000_1008L, 0, 1, exit);
    fault.fetched(exit + 100, new Prefetch(2, 2, 4));
    fault.end(LaneKind.DEMAND, exit + 300, exit + 350);
    fault.begin(0x8000_8008L, 0, 8, exit);
    fault.fetched(exit + 100, Prefetch.NONE);
    fault.end(LaneKind.DEMAND, exit + 300, exit + 350);
    assertThat(fault.origin()).isEqualTo(PageOrigin.PAGE_ORIGIN_PREFETCH);
    fault.begin(0x8000_9008L, 0, 9, exit);
    fault.fetched(Fault.NOT_SENT, Prefetch.NONE);
    fault.end(LaneKind.DEMAND, exit + 300, exit + 350);
    assertThat(fault.origin()).isEqualTo(PageOrigin.PAGE_ORIGIN_PREFETCH);
    fault.begin(0x8000_9008L, 0, 10, exit);
    fault.end(LaneKind.DRAIN, exit + 300, exit + 350);
    assertThat(fault.origin()).isEqualTo(PageOrigin.PAGE_ORIGIN_DRAIN);
  }

  @Test
  void aPrefetchHoldsThePagesOfItsStepsAndNoOthers() {
    Prefetch backwards = new Prefetch(10, -3, 3);
    assertThat(LongStream.range(0, 20).filter(backwards::contains)).containsExactly(4L, 7L, 10L);
    assertThat(LongStream.range(0, 20).filter(Prefetch.NONE::contains)).isEmpty();
  }
}
