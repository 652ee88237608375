package io.pageferry.bench.mechanism;

import io.pageferry.fault.FaultMechanism;
import io.pageferry.fault.mechanism.MechanismKind;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.LongConsumer;

/**
 * What the state of a mechanism costs by itself, in nanoseconds a page. Nothing is fetched or
 * copied; with userfaultfd, pages of zeros are put in place, which is its state.
 *
 * @param clearNanos letting accesses to one page go on, by one thread
 * @param twoApart the pages a second of two threads on pages far apart, as a multiple of one's
 * @param twoTogether the same of two threads on neighbouring pages in turn
 * @param checkNanos the test of a page that goes ahead
 * @param bitsPerPage state that is kept
 */
record StateCost(
    MechanismKind mechanism,
    double clearNanos,
    double twoApart,
    double twoTogether,
    double checkNanos,
    int bitsPerPage) {
  private static final int CHECKS = 1 << 22;

  /** Measures once. */
  static StateCost measure(MechanismKind kind) throws InterruptedException {
    double one = clear(kind, 1, false);
    double apart = clear(kind, 2, false);
    double together = clear(kind, 2, true);
    return new StateCost(kind, one, one / apart, one / together, check(kind), bits(kind));
  }

  /** Enough that two threads work side by side; fewer where each page is a system call or two. */
  private static long pages(MechanismKind kind) {
    return kind == MechanismKind.USERFAULTFD ? 1 << 16 : 1 << 20;
  }

  private static GuestMemory memory(MechanismKind kind) {
    return GuestMemory.anonymous(List.of(new SlotLayout(0, 0, PageGeometry.bytes(pages(kind)))));
  }

  static int bits(MechanismKind kind) {
    try (GuestMemory memory = memory(kind);
        FaultMechanism mechanism = kind.of(memory).apply(memory.slots().getFirst())) {
      return mechanism.bitsPerPage();
    }
  }

  /** Nanoseconds for each page, all threads together. */
  private static double clear(MechanismKind kind, int threads, boolean together)
      throws InterruptedException {
    try (GuestMemory memory = memory(kind);
        FaultMechanism mechanism = kind.of(memory).apply(memory.slots().getFirst())) {
      long pages = pages(kind);
      mechanism.enable();
      CountDownLatch ready = new CountDownLatch(threads);
      CountDownLatch go = new CountDownLatch(1);
      Thread[] clearers = new Thread[threads];
      for (int i = 0; i < threads; i++) {
        long first = together ? i : i * (pages / threads);
        long step = together ? threads : 1;
        clearers[i] =
            Thread.ofPlatform()
                .start(() -> {
                  ready.countDown();
                  awaitQuietly(go);
                  for (long n = 0; n < pages / threads; n++) {
                    clear(mechanism, first + n * step);
                  }
                });
      }
      ready.await();
      long start = System.nanoTime();
      go.countDown();
      for (Thread clearer : clearers) {
        clearer.join();
      }
      return (double) (System.nanoTime() - start) / pages;
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException("Nobody interrupts it.", e);
    }
  }

  private static void clear(FaultMechanism mechanism, long page) {
    mechanism.leaveZeros(page, 1);
    mechanism.lift(page, 1);
    mechanism.answer(page);
  }

  private static double check(MechanismKind kind) {
    try (GuestMemory memory = memory(kind);
        FaultMechanism mechanism = kind.of(memory).apply(memory.slots().getFirst())) {
      mechanism.enable();
      MemorySlot slot = memory.slots().getFirst();
      for (long page = 0; page < slot.pageCount(); page++) {
        clear(mechanism, page);
      }
      long[] trapped = {0};
      LongConsumer test = page -> trapped[0] += mechanism.traps(page) ? 1 : 0;
      check(test, slot.pageCount());
      long start = System.nanoTime();
      check(test, slot.pageCount());
      double nanos = (double) (System.nanoTime() - start) / CHECKS;
      if (trapped[0] != 0) {
        throw new IllegalStateException("A page that was cleared stops accesses.");
      }
      return nanos;
    }
  }

  /** Pages far from each other, so that no cache line is used twice in a row. */
  private static void check(LongConsumer test, long pages) {
    long page = 0;
    for (int i = 0; i < CHECKS; i++) {
      test.accept(page);
      page = (page + 40_503) & (pages - 1);
    }
  }
}
