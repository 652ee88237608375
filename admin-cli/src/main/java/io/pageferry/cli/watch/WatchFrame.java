package io.pageferry.cli.watch;

import java.util.List;

/**
 * All that the live view shows at one moment.
 *
 * @param now what both daemons said last
 * @param before what they had said about a second earlier; the same as {@code now} at first
 * @param samples how the migration went so far, oldest first
 */
public record WatchFrame(Observation now, Observation before, List<Sample> samples) {
  /**
   * The migration over the second before one moment.
   *
   * @param nanos that moment, by the observer's clock
   * @param bytesPerSecond page frames that arrived
   * @param faultP99Nanos 99th percentile of the fault latency; not a number if there was no fault
   */
  public record Sample(long nanos, double bytesPerSecond, double faultP99Nanos) {}

  /** What changed from {@code before} to {@code now}. */
  Rates rates() {
    return new Rates(before.known(), now.known());
  }
}
