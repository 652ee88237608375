package io.pageferry.cli.view;

import java.util.ArrayList;
import java.util.List;

/** Fitting text that may hold colours into columns. Stateless. */
public final class Text {
  private Text() {}

  /** Columns that a text takes: escape sequences take none. */
  public static int columns(String text) {
    int columns = 0;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\u001b') {
        i = text.indexOf('m', i);
        if (i < 0) {
          break;
        }
      } else if (!Character.isLowSurrogate(text.charAt(i))) {
        columns++;
      }
    }
    return columns;
  }

  /** The text with blanks to its right up to a width. */
  public static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - columns(text)));
  }

  /** The text with blanks to its left up to a width. */
  public static String right(String text, int width) {
    return " ".repeat(Math.max(0, width - columns(text))) + text;
  }

  /**
   * The text in lines of at most a width, broken at blanks; a word that is longer keeps a line of
   * its own. Whoever wants colours paints the lines.
   */
  public static List<String> wrap(String text, int width) {
    List<String> lines = new ArrayList<>();
    String rest = text;
    while (rest.length() > width) {
      int blank = rest.lastIndexOf(' ', width);
      if (blank <= 0) {
        blank = rest.indexOf(' ', width);
      }
      if (blank <= 0) {
        break;
      }
      lines.add(rest.substring(0, blank).stripTrailing());
      rest = rest.substring(blank + 1).stripLeading();
    }
    lines.add(rest);
    return lines;
  }

  /** The text cut to a width, an ellipsis at the cut; colours end where it is cut. */
  public static String fit(String text, int width) {
    if (columns(text) <= width) {
      return text;
    }
    StringBuilder cut = new StringBuilder();
    boolean coloured = false;
    int columns = 0;
    for (int i = 0; i < text.length() && columns < width - 1; i++) {
      char c = text.charAt(i);
      if (c == '\u001b') {
        int end = text.indexOf('m', i);
        cut.append(text, i, end + 1);
        i = end;
        coloured = true;
      } else {
        cut.append(c);
        if (!Character.isHighSurrogate(c)) {
          columns++;
        }
      }
    }
    return cut + "…" + (coloured ? "\u001b[0m" : "");
  }
}
