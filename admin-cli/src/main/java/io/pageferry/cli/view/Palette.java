package io.pageferry.cli.view;

/**
 * Colours of a terminal, or none.
 *
 * @param enabled whether escape sequences are written
 */
public record Palette(boolean enabled) {
  /** No colour: a file, a pipe, or a reader that asked for none. */
  public static final Palette PLAIN = new Palette(false);

  /** A heading. */
  public String bold(String text) {
    return paint("1", text);
  }

  /** Something less important. */
  public String dim(String text) {
    return paint("2", text);
  }

  /** Something that is as it should be. */
  public String good(String text) {
    return paint("32", text);
  }

  /** Something to look at. */
  public String notice(String text) {
    return paint("33", text);
  }

  /** Something that is wrong. */
  public String bad(String text) {
    return paint("31", text);
  }

  /** Something that the eye should find. */
  public String accent(String text) {
    return paint("36", text);
  }

  private String paint(String code, String text) {
    return enabled && !text.isEmpty() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
