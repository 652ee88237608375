package io.pageferry.config;

import java.time.Duration;
import java.util.Map;

/**
 * The notation of durations: a number with a unit, {@code 500ms}, {@code 2s}, {@code 1m}. Units are
 * ns, us, ms, s, m (minutes) and h. Stateless; any thread.
 */
public final class Durations {
  private static final Map<String, Long> UNITS =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "µs", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L,
          "h", 3_600_000_000_000L);

  private static final String[] UNITS_BY_SIZE = {"h", "m", "s", "ms", "us", "ns"};

  private Durations() {}

  /**
   * Reads the notation above.
   *
   * @throws IllegalArgumentException with a sentence that shows the notation
   */
  public static Duration parse(String text) {
    return Duration.ofNanos(
        UnitNotation.parse(text, UNITS)
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "'%s' is not a duration; write a number with ns, us, ms, s, m or h, such as"
                            .formatted(text)
                        + " 500ms.")));
  }

  /** The duration in the largest unit that divides it; {@link #parse} reads it back. */
  public static String format(Duration duration) {
    long nanos = duration.toNanos();
    if (nanos == 0) {
      return "0s";
    }
    for (String unit : UNITS_BY_SIZE) {
      long size = UNITS.getOrDefault(unit, 1L);
      if (nanos % size == 0) {
        return nanos / size + unit;
      }
    }
    return nanos + "ns";
  }
}
