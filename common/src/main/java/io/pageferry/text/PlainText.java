package io.pageferry.text;

/**
 * Text that can be printed to a terminal, a log or a trailer whatever it came from: one line of
 * characters that stand for themselves, of a bounded length. Stateless; any thread.
 *
 * <p>Characters that command a terminal, break a line, turn the direction of text or cannot be seen
 * are written as {@code \}{@code u001b}.
 */
public final class PlainText {
  /** Most characters of a text that are kept. In any script they fit into gRPC's trailers. */
  public static final int LONGEST = 800;

  private static final int KEPT_AT_THE_END = 300;

  private PlainText() {}

  /** The text with its unprintable characters spelled out; of a long one, its start and its end. */
  public static String of(String text) {
    if (text.length() <= LONGEST && isPlain(text)) {
      return text;
    }
    StringBuilder plain = new StringBuilder();
    text.codePoints().limit(4L * LONGEST).forEach(c -> append(plain, c));
    if (text.length() > 4 * LONGEST) {
      text.substring(text.length() - KEPT_AT_THE_END).codePoints().forEach(c -> append(plain, c));
    }
    if (plain.length() <= LONGEST) {
      return plain.toString();
    }
    int cut = LONGEST - KEPT_AT_THE_END - 1;
    return withoutHalf(plain.substring(0, cut))
        + "…"
        + withoutHalf(plain.substring(plain.length() - KEPT_AT_THE_END));
  }

  private static void append(StringBuilder plain, int character) {
    if (isPrintable(character)) {
      plain.appendCodePoint(character);
    } else {
      plain.append("\\u").append("%04x".formatted(character));
    }
  }

  /** The text without the half of a surrogate pair that a cut left at either end. */
  private static String withoutHalf(String text) {
    int start = Character.isLowSurrogate(text.charAt(0)) ? 1 : 0;
    int end = text.length() - (Character.isHighSurrogate(text.charAt(text.length() - 1)) ? 1 : 0);
    return text.substring(start, end);
  }

  /** Whether every character is printable. */
  public static boolean isPlain(String text) {
    return text.codePoints().allMatch(PlainText::isPrintable);
  }

  /** Whether a character stands for itself and for nothing else. */
  public static boolean isPrintable(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
