package io.pageferry.dest;

import io.pageferry.proto.v1.FaultLatency;
import java.util.ArrayDeque;
import org.HdrHistogram.Histogram;

/**
 * The faults of about the last second: what came to the histogram of all faults since an earlier
 * copy of it. Fed each time a status is made, so that the faults themselves cost nothing. Any
 * thread.
 */
final class RecentFaults {
  private static final long WINDOW_NANOS = 1_000_000_000;
  private static final long MIN_STEP_NANOS = 200_000_000;

  private record Copy(long nanos, Histogram faults) {}

  private final ArrayDeque<Copy> copies = new ArrayDeque<>();

  /** Nothing has happened before {@code startNanos}. */
  RecentFaults(long startNanos, Histogram empty) {
    copies.add(new Copy(startNanos, empty));
  }

  /**
   * Adds the recent faults to a message.
   *
   * @param all a copy of the histogram of all faults, which is not changed any more
   * @param nowNanos when it was made
   */
  synchronized void addTo(FaultLatency.Builder message, Histogram all, long nowNanos) {
    Copy second = copies.stream().skip(1).findFirst().orElse(null);
    while (second != null && nowNanos - second.nanos() >= WINDOW_NANOS) {
      copies.removeFirst();
      second = copies.stream().skip(1).findFirst().orElse(null);
    }
    Copy before = copies.getFirst();
    Histogram recent = all.copy();
    recent.subtract(before.faults());
    message
        .setRecent(FaultTimings.distribution(recent))
        .setRecentWindowNanos(Math.max(0, nowNanos - before.nanos()));
    if (nowNanos - copies.getLast().nanos() >= MIN_STEP_NANOS) {
      copies.addLast(new Copy(nowNanos, all));
    }
  }
}
