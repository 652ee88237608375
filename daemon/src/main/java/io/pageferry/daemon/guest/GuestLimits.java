package io.pageferry.daemon.guest;

import io.pageferry.config.DataSize;

/**
 * How much a daemon takes on.
 *
 * @param guests most guests that are here or on their way here
 * @param memory most memory that they may have together, whether or not they have filled it
 * @param outgoing most migrations that take guests away at one time
 * @param incoming most migrations that bring guests at one time
 */
public record GuestLimits(int guests, DataSize memory, int outgoing, int incoming) {
  /** What a daemon takes on unless it is told otherwise. */
  public static final GuestLimits DEFAULT = new GuestLimits(64, new DataSize(Long.MAX_VALUE), 8, 8);

  /** Checks ranges. */
  public GuestLimits {
    atLeastOne("--max-guests", guests);
    atLeastOne("--max-outgoing", outgoing);
    atLeastOne("--max-incoming", incoming);
    if (memory.bytes() < 1) {
      throw new IllegalArgumentException("--max-memory must be more than 0.");
    }
  }

  private static void atLeastOne(String option, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(option + " must be at least 1; it is " + value + ".");
    }
  }
}
