package io.pageferry.dest.prefetch;

import java.util.Arrays;

/**
 * Follows a guest that goes through its memory by a steady step. The step is the one that most of
 * the latest faults took; a guest without such a majority gets nothing, so that random accesses
 * cost no page too many. While faults come just beyond what was fetched, each window is twice the
 * one before.
 *
 * <p>The majority vote is that of Maruf and Chowdhury, "Effectively Prefetching Remote Memory with
 * Leap" (USENIX ATC 2020), over one window of {@value #HISTORY} faults instead of several.
 */
final class TrendPolicy implements PrefetchPolicy {
  private static final int HISTORY = 8;

  private final int smallestWindow;
  private final int largestWindow;
  private final long[] steps = new long[HISTORY];
  private int faults;
  private int lastSlot = -1;
  private long lastPage;

  /** The stream that is followed: its step (0 for none), and the window fetched last. */
  private long step;

  private long windowStart;
  private int window;

  TrendPolicy(int smallestWindow, int largestWindow) {
    this.smallestWindow = smallestWindow;
    this.largestWindow = largestWindow;
  }

  @Override
  public Prefetch plan(int slotId, long page) {
    if (slotId != lastSlot) {
      forget(slotId);
    } else if (step != 0 && isInWindow(page)) {
      // On its way already, or about to be read.
      return Prefetch.NONE;
    } else if (step != 0 && page == windowStart + step * window) {
      window = Math.min(2 * window, largestWindow);
      return fetchFrom(page);
    } else {
      steps[faults++ & (HISTORY - 1)] = page - lastPage;
      step = majority();
      window = smallestWindow;
    }
    lastPage = page;
    return step == 0 ? Prefetch.NONE : fetchFrom(page);
  }

  private void forget(int slotId) {
    lastSlot = slotId;
    step = 0;
    faults = 0;
    Arrays.fill(steps, 0);
  }

  private boolean isInWindow(long page) {
    long distance = page - windowStart;
    return distance % step == 0 && distance / step >= 0 && distance / step < window;
  }

  private Prefetch fetchFrom(long page) {
    lastPage = page;
    windowStart = page + step;
    return new Prefetch(windowStart, step, window);
  }

  /** The step that more than half of the latest faults took, or 0. */
  private long majority() {
    int known = Math.min(faults, HISTORY);
    long candidate = 0;
    int votes = 0;
    for (int i = 0; i < known; i++) {
      if (votes == 0) {
        candidate = steps[i];
      }
      votes += steps[i] == candidate ? 1 : -1;
    }
    int count = 0;
    for (int i = 0; i < known; i++) {
      count += steps[i] == candidate ? 1 : 0;
    }
    return known >= 2 && 2 * count > known ? candidate : 0;
  }
}
