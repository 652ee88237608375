package io.pageferry.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A size in bytes, written with a binary unit: {@code 256MiB}. */
public record MemorySize(long bytes) {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,15}) ?(|B|[KMGT]i?B?)");

  /** Parses a number with an optional unit B, KiB, MiB, GiB or TiB. */
  public static MemorySize parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    if (matcher.matches()) {
      try {
        String unit = matcher.group(2).toUpperCase(Locale.ROOT);
        int power = unit.isEmpty() ? 0 : Math.max(0, "BKMGT".indexOf(unit.charAt(0)));
        return new MemorySize(
            Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << (10 * power)));
      } catch (ArithmeticException _) {
        // Too large for any host: told below.
      }
    }
    throw new IllegalArgumentException(
        "'" + text + "' is not a size; write a number and a unit, for instance 256MiB or 1GiB.");
  }

  static final class Converter implements ITypeConverter<MemorySize> {
    @Override
    public MemorySize convert(String value) {
      try {
        return parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }
}
