package io.pageferry.dest.timing;

import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.proto.v1.FaultLatency;
import io.pageferry.telemetry.LatencyCounts;
import java.util.ArrayDeque;

/**
 * The faults of about the last second: what came to the counts of all faults since an earlier
 * reading of them. Fed each time a status is made, so that the faults themselves cost nothing. Any
 * thread.
 */
final class RecentFaults {
  private static final long WINDOW_NANOS = 1_000_000_000;
  private static final long MIN_STEP_NANOS = 200_000_000;

  private record Copy(long nanos, LatencyCounts faults) {}

  private final ArrayDeque<Copy> copies = new ArrayDeque<>();

  /** Nothing has happened before {@code startNanos}. */
  RecentFaults(long startNanos) {
    copies.add(new Copy(startNanos, new LatencyCounts()));
  }

  /**
   * Adds the recent faults to a message.
   *
   * @param all the counts of all faults, which are not changed any more
   * @param nowNanos when it was made
   */
  synchronized void addTo(FaultLatency.Builder message, LatencyCounts all, long nowNanos) {
    Copy second = copies.stream().skip(1).findFirst().orElse(null);
    while (second != null && nowNanos - second.nanos() >= WINDOW_NANOS) {
      copies.removeFirst();
      second = copies.stream().skip(1).findFirst().orElse(null);
    }
    Copy before = copies.getFirst();
    message
        .setRecent(StatusMessages.distribution(all.since(before.faults())))
        .setRecentWindowNanos(Math.max(0, nowNanos - before.nanos()));
    if (nowNanos - copies.getLast().nanos() >= MIN_STEP_NANOS) {
      copies.addLast(new Copy(nowNanos, all));
    }
  }
}
