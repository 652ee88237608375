package io.pageferry.config;

import java.util.Locale;
import java.util.Map;

/**
 * An amount of data. Immutable; any thread.
 *
 * <p>Written as a number of bytes ({@code 512}), with a binary unit ({@code 64KiB}, {@code 256MiB},
 * {@code 1.5GiB}) or with a decimal one ({@code 5MB} is five million bytes). A single letter, which
 * some programs read as binary and others as decimal, is refused.
 *
 * @param bytes the amount in bytes, not negative
 */
public record DataSize(long bytes) implements Comparable<DataSize> {
  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final long TIB = 1L << 40;
  private static final Map<String, Long> UNITS =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("B", 1L),
          Map.entry("KiB", KIB),
          Map.entry("MiB", MIB),
          Map.entry("GiB", GIB),
          Map.entry("TiB", TIB),
          Map.entry("kB", 1_000L),
          Map.entry("KB", 1_000L),
          Map.entry("MB", 1_000_000L),
          Map.entry("GB", 1_000_000_000L),
          Map.entry("TB", 1_000_000_000_000L));

  private static final String[] BINARY_UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

  /** Refuses a negative amount. */
  public DataSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("A size cannot be negative; it is " + bytes + " bytes.");
    }
  }

  /** An amount in bytes. */
  public static DataSize ofBytes(long bytes) {
    return new DataSize(bytes);
  }

  /** An amount in mebibytes. */
  public static DataSize ofMebibytes(long mebibytes) {
    return new DataSize(Math.multiplyExact(mebibytes, MIB));
  }

  /**
   * Reads the notation above.
   *
   * @throws IllegalArgumentException with a sentence that shows the notation
   */
  public static DataSize parse(String text) {
    return new DataSize(
        UnitNotation.parse(text, UNITS)
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "'%s' is not a size; write bytes, or a number with KiB, MiB, GiB or TiB"
                            .formatted(text)
                        + " (kB, MB, GB, TB for powers of ten), such as 256MiB.")));
  }

  @Override
  public int compareTo(DataSize other) {
    return Long.compare(bytes, other.bytes);
  }

  /**
   * The amount in the largest binary unit that divides it ({@code 256MiB}), which {@link #parse}
   * reads back; where that would be a number too long to read, rounded to one decimal ({@code
   * 21.8GiB}).
   */
  @Override
  public String toString() {
    int power = bytes == 0 ? 0 : Math.min(4, (63 - Long.numberOfLeadingZeros(bytes)) / 10);
    int exactPower = Math.min(power, Long.numberOfTrailingZeros(bytes) / 10);
    long exact = bytes >> (10 * exactPower);
    return exact < 100_000
        ? exact + BINARY_UNITS[exactPower]
        : String.format(
            Locale.ROOT, "%.1f%s", (double) bytes / (1L << (10 * power)), BINARY_UNITS[power]);
  }
}
