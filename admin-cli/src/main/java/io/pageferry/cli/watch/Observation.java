package io.pageferry.cli.watch;

import io.pageferry.cli.StatusPair;

/**
 * What is known of both daemons at one moment.
 *
 * @param nanos when, by the observer's monotonic clock
 * @param source the source
 * @param destination the destination
 */
public record Observation(long nanos, Seen source, Seen destination) {
  /** What those daemons say that answer; the others' statuses are null. */
  public StatusPair answered() {
    return new StatusPair(
        source.answers() ? source.status() : null,
        destination.answers() ? destination.status() : null,
        source.failure(),
        destination.failure());
  }

  /** The last that each daemon said, however long ago. */
  public StatusPair known() {
    return new StatusPair(
        source.status(), destination.status(), source.failure(), destination.failure());
  }
}
