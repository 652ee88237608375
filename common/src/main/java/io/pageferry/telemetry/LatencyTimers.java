package io.pageferry.telemetry;

import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.stream.LongStream;

/**
 * Timers with a histogram wide enough for a page fault in local memory and for one that waits out a
 * broken link: buckets at 1, 2 and 5 of each power of ten from 5 µs to 10 s. Stateless; any thread.
 */
public final class LatencyTimers {
  private static final Duration[] BUCKETS =
      LongStream.iterate(1_000, power -> power <= 10_000_000_000L, power -> power * 10)
          .flatMap(power -> LongStream.of(power, 2 * power, 5 * power))
          .filter(nanos -> nanos >= 5_000 && nanos <= 10_000_000_000L)
          .mapToObj(Duration::ofNanos)
          .toArray(Duration[]::new);

  private LatencyTimers() {}

  /** A timer yet to be tagged and registered. Exported in seconds. */
  public static Timer.Builder builder(String name, String description) {
    return Timer.builder(name).description(description).serviceLevelObjectives(BUCKETS);
  }
}
