package io.pageferry.config;

import java.math.BigDecimal;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number followed by a unit, such as {@code 1.5GiB} or {@code 500ms}. Stateless; any thread. */
final class UnitNotation {
  private static final Pattern NUMBER_AND_UNIT =
      Pattern.compile("(\\d{1,19}(?:\\.\\d{1,9})?)\\s*([\\p{Alpha}µ]*)");

  private UnitNotation() {}

  /**
   * The number times its unit.
   *
   * @return empty if the text is not a number with one of the units, or the result is not a whole
   *     number that fits a long
   */
  static OptionalLong parse(String text, Map<String, Long> units) {
    Matcher matcher = NUMBER_AND_UNIT.matcher(text.strip());
    if (!matcher.matches()) {
      return OptionalLong.empty();
    }
    Long unit = units.get(matcher.group(2));
    if (unit == null) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(
          new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit)).longValueExact());
    } catch (ArithmeticException e) {
      return OptionalLong.empty();
    }
  }
}
