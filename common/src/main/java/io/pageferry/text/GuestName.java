package io.pageferry.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.regex.Pattern;

/**
 * What a guest may be called: at most {@link #MAX_BYTES} bytes in UTF-8, which is what a guest's
 * state has room for, printable characters only, and not the form of an id. The command line, both
 * daemons and the state that travels hold to the same rule. Stateless.
 */
public final class GuestName {
  /** Most bytes of a name in UTF-8. */
  public static final int MAX_BYTES = 256;

  private static final Pattern ID =
      Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

  private GuestName() {}

  /**
   * The name, if a guest may have it. An empty one is no name yet, and passes.
   *
   * @throws IllegalArgumentException with a sentence that says what is wrong with it
   */
  public static String checked(String name) {
    int bytes = name.getBytes(UTF_8).length;
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          "A guest's name has at most %d bytes in UTF-8; this one has %,d."
              .formatted(MAX_BYTES, bytes));
    }
    if (!PlainText.isPlain(name)) {
      throw new IllegalArgumentException(
          "A guest's name holds printable characters only, unlike \"" + PlainText.of(name) + "\".");
    }
    if (!name.isEmpty() && name.isBlank()) {
      throw new IllegalArgumentException("A guest's name cannot be blank.");
    }
    if (ID.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "A guest's name cannot have the form of an id, as %s has: guests can be named by their ids too."
              .formatted(name));
    }
    return name;
  }
}
