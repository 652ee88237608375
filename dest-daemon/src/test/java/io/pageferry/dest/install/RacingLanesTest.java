package io.pageferry.dest.install;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.memory.PageGeometry;
import io.pageferry.wire.PageSink;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rule 2 where it is hardest to keep: both lanes bring a page at the same instant. */
class RacingLanesTest {
  private static final int ROUNDS = 20_000;

  private final Incoming incoming = Incoming.ofPages(ROUNDS);
  private final AtomicIntegerArray copies = new AtomicIntegerArray(ROUNDS);
  private final AtomicInteger arrivals = new AtomicInteger();

  @AfterEach
  void unmap() {
    incoming.close();
  }

  @Test
  void aPageThatTwoLanesBringAtTheSameInstantIsCopiedAndAcknowledgedOnce() throws Exception {
    try (ExecutorService lanes = Executors.newFixedThreadPool(2)) {
      List<Future<?>> ends = new ArrayList<>();
      ends.add(lanes.submit(() -> bringAll(incoming.demand)));
      ends.add(lanes.submit(() -> bringAll(incoming.drain)));
      for (Future<?> end : ends) {
        var _ = end.get();
      }
    }
    for (int page = 0; page < ROUNDS; page++) {
      assertThat(copies.get(page)).as("copies of page %d", page).isEqualTo(1);
    }
    assertThat(incoming.installer.duplicatePages()).isEqualTo(ROUNDS);
    assertThat(incoming.acknowledgedPages()).isEqualTo(ROUNDS);
  }

  private void bringAll(PageSink lane) {
    for (int page = 0; page < ROUNDS; page++) {
      meet(2 * (page + 1));
      lane.install(incoming.slot, page, 1, new Counting(), 0);
    }
  }

  /** Returns to both threads as close to each other as two cores allow. */
  private void meet(int expected) {
    var _ = arrivals.incrementAndGet();
    for (int spins = 0; arrivals.get() < expected; spins++) {
      if (spins > 1_000) {
        LockSupport.parkNanos(1);
      }
      Thread.onSpinWait();
    }
  }

  private final class Counting implements PageSink.Payload {
    @Override
    public void copyPageTo(MemorySegment target, long offset) {
      var _ = copies.incrementAndGet((int) PageGeometry.pages(offset));
    }

    @Override
    public void skipPage() {}
  }

  @Test
  void aDuplicateIsNotAcknowledgedByTheLaneThatDidNotInstallIt() {
    incoming.drain.install(incoming.slot, 0, 4, Incoming.filledWith(1), 0);
    incoming.acknowledged.clear();
    incoming.drain.install(incoming.slot, 2, 4, Incoming.filledWith(1), 0);
    assertThat(incoming.acknowledgedPages()).isEqualTo(2);
  }
}
