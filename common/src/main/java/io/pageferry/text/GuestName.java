package io.pageferry.text;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * What a guest may be called: at most {@link #MAX_BYTES} bytes in UTF-8, which is what a guest's
 * state has room for, and printable characters only. The command line, both daemons and the state
 * that travels hold to the same rule. Stateless.
 */
public final class GuestName {
  /** Most bytes of a name in UTF-8. */
  public static final int MAX_BYTES = 256;

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
    return name;
  }
}
