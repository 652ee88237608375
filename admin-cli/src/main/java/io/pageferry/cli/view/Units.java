package io.pageferry.cli.view;

import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.Phase;
import java.util.Locale;

/** Quantities and names as people read them. Stateless. */
public final class Units {
  private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

  private Units() {}

  /** Bytes with a binary unit and three significant digits: {@code 256 MiB}. */
  public static String bytes(double bytes) {
    int unit = 0;
    double value = bytes;
    while (value >= 1024 && unit < BINARY.length - 1) {
      value /= 1024;
      unit++;
    }
    return number(value) + " " + BINARY[unit];
  }

  /** Bytes a second. */
  public static String rate(double bytesPerSecond) {
    return bytes(bytesPerSecond) + "/s";
  }

  /** A duration in the largest unit that keeps it at or above one: {@code 812 µs}. */
  public static String duration(double nanos) {
    if (nanos < 1e3) {
      return number(nanos) + " ns";
    }
    if (nanos < 1e6) {
      return number(nanos / 1e3) + " µs";
    }
    if (nanos < 1e9) {
      return number(nanos / 1e6) + " ms";
    }
    if (nanos < 60e9) {
      return number(nanos / 1e9) + " s";
    }
    long seconds = Math.round(nanos / 1e9);
    return seconds < 3600
        ? "%d min %02d s".formatted(seconds / 60, seconds % 60)
        : "%d h %02d min".formatted(seconds / 3600, seconds % 3600 / 60);
  }

  /** A count with separators: {@code 65,536}. */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** A large count, shortened: {@code 412 M}. */
  public static String magnitude(double count) {
    if (count < 1e4) {
      return number(count);
    }
    if (count < 1e6) {
      return number(count / 1e3) + " k";
    }
    return count < 1e9 ? number(count / 1e6) + " M" : number(count / 1e9) + " G";
  }

  /**
   * A share of a whole with one decimal: {@code 78.1 %}; rounded down, so that 100 % is complete.
   */
  public static String percent(long part, long whole) {
    double share = whole == 0 ? 0 : Math.floor(1000.0 * part / whole) / 10;
    return String.format(Locale.ROOT, "%.1f %%", share);
  }

  /** A phase in the words of the documentation: {@code POSTCOPY_ACTIVE}. */
  public static String phase(Phase phase) {
    return switch (phase) {
      case PHASE_UNSPECIFIED, UNRECOGNIZED -> "-";
      default -> phase.name().substring("PHASE_".length());
    };
  }

  /** A guest's state in words: {@code handed over}. */
  public static String state(GuestState state) {
    return switch (state) {
      case GUEST_STATE_UNSPECIFIED, UNRECOGNIZED -> "-";
      default ->
          state
              .name()
              .substring("GUEST_STATE_".length())
              .toLowerCase(Locale.ROOT)
              .replace('_', ' ');
    };
  }

  /** Bytes with a binary unit. */
  public static String bytes(long value) {
    return bytes((double) value);
  }

  /** Bytes a second. */
  public static String rate(long value) {
    return rate((double) value);
  }

  /** A duration in nanoseconds. */
  public static String duration(long value) {
    return duration((double) value);
  }

  /** A large count, shortened. */
  public static String magnitude(long count) {
    return magnitude((double) count);
  }

  private static String number(double value) {
    if (value >= 99.95 || value == Math.rint(value)) {
      return String.format(Locale.ROOT, "%.0f", value);
    }
    return String.format(Locale.ROOT, value >= 9.995 ? "%.1f" : "%.2f", value);
  }
}
