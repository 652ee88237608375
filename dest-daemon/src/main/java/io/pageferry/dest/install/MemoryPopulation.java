package io.pageferry.dest.install;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.memory.PageGeometry;
import io.pageferry.proto.v1.SlotContents;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Physical memory for a guest that is about to come, while it still runs elsewhere: for each huge
 * page's worth of pages that all hold something. Later nothing has to be waited for, neither by a
 * vCPU nor by the drain, and it is known that the memory exists.
 *
 * <p>Pages that are zero get none. One thread, once.
 */
public final class MemoryPopulation {
  private static final int REGION_PAGES = PageGeometry.HUGE_PAGE_PAGES;
  private static final int MOST_THREADS = 4;
  private static final Logger LOG = LoggerFactory.getLogger(MemoryPopulation.class);

  private record Region(MemorySlot slot, long firstPage) {}

  private final List<Region> regions = new ArrayList<>();
  private final AtomicInteger next = new AtomicInteger();
  private final long deadlineNanos;

  /**
   * What to populate.
   *
   * @param expected pages that hold something, by slot; what cannot be right is passed over
   * @param patienceNanos how long {@link #run} goes on at most
   */
  public MemoryPopulation(GuestMemory memory, List<SlotContents> expected, long patienceNanos) {
    deadlineNanos = System.nanoTime() + patienceNanos;
    for (SlotContents contents : expected) {
      MemorySlot slot = memory.slot(contents.getSlot());
      if (slot != null) {
        addRegions(slot, contents.getNonzeroBitmap().toByteArray());
      }
    }
  }

  private void addRegions(MemorySlot slot, byte[] nonzero) {
    try (Arena arena = Arena.ofConfined()) {
      PageBitmap pages = PageBitmap.of(slot.pageCount(), nonzero, arena);
      long region = 0;
      while (region + REGION_PAGES <= slot.pageCount()) {
        long zero = pages.nextClear(region);
        long end = (zero < 0 ? slot.pageCount() : zero) & -REGION_PAGES;
        if (end > region) {
          slot.allowHugePages(region, end - region);
        }
        for (; region < end; region += REGION_PAGES) {
          regions.add(new Region(slot, region));
        }
        region = Math.max(region + REGION_PAGES, pages.nextSet(region) & -REGION_PAGES);
      }
    } catch (IllegalArgumentException _) {
      // Only a hint.
    }
  }

  /** Returns when all of it is populated, or patience is at its end. */
  public void run() {
    int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    List<Thread> helpers = new ArrayList<>();
    try {
      for (int i = 1; i < Math.min(threads, regions.size()); i++) {
        helpers.add(Thread.ofPlatform().daemon().name("populate-" + i).start(this::populateOrWarn));
      }
    } catch (OutOfMemoryError e) {
      LOG.warn("The host lets this daemon start no more threads: population takes longer.", e);
    }
    try {
      populate();
    } finally {
      // Whoever called this may unmap the memory next.
      helpers.forEach(MemoryPopulation::joinUninterruptibly);
    }
  }

  private static void joinUninterruptibly(Thread helper) {
    boolean interrupted = false;
    while (helper.isAlive()) {
      try {
        helper.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void populateOrWarn() {
    try {
      populate();
    } catch (RuntimeException | Error e) {
      LOG.warn("A part of the guest's memory could not be populated ahead of time.", e);
    }
  }

  private void populate() {
    while (System.nanoTime() - deadlineNanos < 0) {
      int index = next.getAndIncrement();
      if (index >= regions.size()) {
        return;
      }
      Region region = regions.get(index);
      region.slot().populate(region.firstPage(), REGION_PAGES);
    }
  }
}
