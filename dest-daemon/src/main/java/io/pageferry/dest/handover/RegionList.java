package io.pageferry.dest.handover;

import io.pageferry.memory.PageGeometry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Reads the message of a hand-over: a JSON list of objects with the numbers {@code
 * base_host_virt_addr}, {@code size}, {@code offset} and {@code page_size}, in bytes. It is what
 * Firecracker sends when it restores a snapshot; its older versions call the page size {@code
 * page_size_kib}, and mean bytes as well. Other members are ignored.
 *
 * <p>Stateless. It reads no more of JSON than such a list can need, and takes no more regions than
 * {@link #MOST_REGIONS}.
 */
public final class RegionList {
  /** Most regions of a hand-over. */
  public static final int MOST_REGIONS = 1024;

  private final String text;
  private int at;

  private RegionList(String text) {
    this.text = text;
  }

  /** Whether a message that began like this has come to its end. Strings hold no brackets. */
  static boolean isWhole(String text) {
    int depth = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '[' || c == '{') {
        depth++;
      } else if (c == ']' || c == '}') {
        depth--;
        if (depth <= 0) {
          return true;
        }
      } else if (depth == 0 && !Character.isWhitespace(c)) {
        // Not the beginning of a list; reading it says so.
        return true;
      }
    }
    return false;
  }

  /**
   * Reads a message.
   *
   * @return regions that overlap neither in memory nor in the image, at least one
   * @throws IllegalArgumentException with what is wrong, in a sentence
   */
  public static List<Region> parse(String text) {
    List<Region> regions = new RegionList(text).list();
    requireApart(regions, Region::address, Region::end, "in memory");
    requireApart(regions, Region::offset, Region::endOffset, "in the image");
    return regions;
  }

  private static void requireApart(
      List<Region> regions,
      ToLongFunction<Region> start,
      ToLongFunction<Region> end,
      String where) {
    List<Region> sorted = regions.stream().sorted(Comparator.comparingLong(start)).toList();
    for (int i = 1; i < sorted.size(); i++) {
      if (end.applyAsLong(sorted.get(i - 1)) > start.applyAsLong(sorted.get(i))) {
        throw new IllegalArgumentException(
            "Two regions overlap %s: %s and %s."
                .formatted(where, sorted.get(i - 1), sorted.get(i)));
      }
    }
  }

  private List<Region> list() {
    List<Region> regions = new ArrayList<>();
    expect('[');
    if (next() == ']') {
      throw new IllegalArgumentException("The hand-over names no region.");
    }
    do {
      if (regions.size() == MOST_REGIONS) {
        throw new IllegalArgumentException(
            "The hand-over names more than " + MOST_REGIONS + " regions.");
      }
      regions.add(region(members()));
    } while (take(','));
    expect(']');
    if (next() != 0) {
      throw malformed("there is something behind the list");
    }
    return regions;
  }

  private static Region region(Map<String, Long> members) {
    Long pageSize = members.getOrDefault("page_size", members.get("page_size_kib"));
    if (pageSize == null || pageSize != PageGeometry.PAGE_SIZE) {
      throw new IllegalArgumentException(
          "The page size of a region must be %d, since faults of other sizes are not served; it is %s."
              .formatted(PageGeometry.PAGE_SIZE, pageSize));
    }
    return new Region(
        member(members, "base_host_virt_addr"), member(members, "size"), member(members, "offset"));
  }

  private static long member(Map<String, Long> members, String name) {
    Long value = members.get(name);
    if (value == null) {
      throw new IllegalArgumentException("A region has no number " + name + ".");
    }
    return value;
  }

  private Map<String, Long> members() {
    Map<String, Long> members = new HashMap<>();
    expect('{');
    if (take('}')) {
      return members;
    }
    do {
      String name = string();
      expect(':');
      if (next() == '"') {
        var _ = string();
      } else {
        if (members.put(name, number()) != null) {
          throw malformed("a region has two members " + name);
        }
      }
    } while (take(','));
    expect('}');
    return members;
  }

  private String string() {
    expect('"');
    int end = text.indexOf('"', at);
    if (end < 0 || text.substring(at, end).indexOf('\\') >= 0) {
      throw malformed("a string has no end, or a backslash");
    }
    String string = text.substring(at, end);
    at = end + 1;
    return string;
  }

  private long number() {
    char first = next();
    int start = at;
    while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
      at++;
    }
    String digits = text.substring(start, at);
    try {
      if (first < '0' || first > '9') {
        throw malformed("a value is no number of bytes");
      }
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + digits + "' is not a number of bytes.", e);
    }
  }

  /** The next character that is no space, without taking it; 0 at the end. */
  private char next() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at < text.length() ? text.charAt(at) : 0;
  }

  private boolean take(char wanted) {
    boolean found = next() == wanted;
    if (found) {
      at++;
    }
    return found;
  }

  private void expect(char wanted) {
    if (!take(wanted)) {
      throw malformed("there is no '" + wanted + "' at character " + at);
    }
  }

  private static IllegalArgumentException malformed(String why) {
    return new IllegalArgumentException("The hand-over is no JSON list of regions: " + why + ".");
  }
}
