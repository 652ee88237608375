package io.pageferry.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * An element of HTML or SVG that is being put together. Its text is well-formed XML as well as
 * HTML, whatever characters texts and attributes hold. One thread.
 */
final class Element {
  /** Those that HTML does not close. */
  private static final Set<String> VOID = Set.of("meta", "br");

  private final String name;
  private final Map<String, String> attributes = new LinkedHashMap<>();
  private final List<Object> content = new ArrayList<>();

  private Element(String name) {
    this.name = name;
  }

  /** An empty one. */
  static Element of(String name) {
    return new Element(name);
  }

  /** One that holds a text. */
  static Element of(String name, String text) {
    return new Element(name).text(text);
  }

  /** With an attribute. */
  Element with(String attribute, String value) {
    attributes.put(attribute, value);
    return this;
  }

  /** With a coordinate or length, in hundredths. */
  Element with(String attribute, double value) {
    return with(attribute, coordinate(value));
  }

  /** With a text after what it already holds. */
  Element text(String text) {
    content.add(text);
    return this;
  }

  /** With an element after what it already holds. */
  Element add(Element child) {
    content.add(child);
    return this;
  }

  /** A coordinate as SVG writes it. */
  static String coordinate(double value) {
    String text = String.format(Locale.ROOT, "%.2f", value);
    return text.endsWith(".00") ? text.substring(0, text.length() - 3) : text;
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    write(out);
    return out.toString();
  }

  private void write(StringBuilder out) {
    out.append('<').append(name);
    attributes.forEach((attribute, value) ->
        out.append(' ').append(attribute).append("=\"").append(escaped(value)).append('"'));
    if (VOID.contains(name)) {
      out.append("/>");
      return;
    }
    out.append('>');
    for (Object part : content) {
      if (part instanceof Element child) {
        child.write(out);
      } else {
        out.append(escaped(part.toString()));
      }
    }
    out.append("</").append(name).append('>');
    if (name.length() > 1 && !name.equals("span") && !name.equals("strong")) {
      out.append('\n');
    }
  }

  /** Escapes what has a meaning; what XML does not allow becomes U+FFFD. */
  private static String escaped(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '<' -> out.append("&lt;");
            case '>' -> out.append("&gt;");
            case '&' -> out.append("&amp;");
            case '"' -> out.append("&quot;");
            default -> out.appendCodePoint(isAllowed(c) ? c : 0xFFFD);
          }
        });
    return out.toString();
  }

  private static boolean isAllowed(int c) {
    return c == '\t'
        || c == '\n'
        || c == '\r'
        || (c >= 0x20 && c < 0xD800)
        || (c >= 0xE000 && c < 0xFFFE)
        || c > 0xFFFF;
  }
}
