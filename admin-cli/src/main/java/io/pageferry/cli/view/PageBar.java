package io.pageferry.cli.view;

import io.pageferry.proto.v1.PageCounts;
import java.util.ArrayList;
import java.util.List;

/**
 * A bar of all pages by origin: {@code #} demand, {@code >} prefetched along with it, {@code =}
 * drain, {@code .} zero, blank for pages that have not come. Stateless.
 */
public final class PageBar {
  private PageBar() {}

  /**
   * The bar, brackets included.
   *
   * @param width columns to fill, at least 3
   */
  public static String draw(PageCounts pages, int width, Palette palette) {
    int inner = Math.max(1, width - 2);
    long total = Math.max(1, pages.getTotal());
    long waitedFor = pages.getDemand() - pages.getPrefetched();
    // Ends are rounded, not lengths, so that the parts always add up.
    int demand = end(waitedFor, total, inner);
    int prefetch = end(pages.getDemand(), total, inner);
    int drain = end(pages.getDemand() + pages.getDrain(), total, inner);
    int zero = end(pages.getDemand() + pages.getDrain() + pages.getZero(), total, inner);
    if (waitedFor > 0 && demand == 0 && drain > 0) {
      demand = 1;
    }
    prefetch = Math.max(demand, prefetch);
    drain = Math.max(prefetch, drain);
    return "["
        + palette.notice("#".repeat(demand))
        + palette.accent(">".repeat(prefetch - demand))
        + palette.good("=".repeat(drain - prefetch))
        + palette.dim(".".repeat(Math.max(0, zero - drain)))
        + " ".repeat(Math.max(0, inner - Math.max(zero, drain)))
        + "]";
  }

  /**
   * What the signs mean, and how many pages each stands for, in lines of at most a width; without
   * those that do not occur.
   */
  public static List<String> legend(PageCounts pages, int width, Palette palette) {
    List<String> entries = new ArrayList<>();
    entries.add(entry(palette.notice("#"), pages.getDemand() - pages.getPrefetched(), "demand"));
    if (pages.getPrefetched() > 0) {
      entries.add(entry(palette.accent(">"), pages.getPrefetched(), "prefetch"));
    }
    if (pages.getDrain() > 0) {
      entries.add(entry(palette.good("="), pages.getDrain(), "drain"));
    }
    if (pages.getZero() > 0) {
      entries.add(entry(palette.dim("."), pages.getZero(), "zero"));
    }
    List<String> lines = new ArrayList<>(List.of(entries.removeFirst()));
    for (String entry : entries) {
      String longer = lines.getLast() + "  " + entry;
      if (Text.columns(longer) <= width) {
        lines.set(lines.size() - 1, longer);
      } else {
        lines.add(entry);
      }
    }
    return lines;
  }

  private static String entry(String sign, long count, String name) {
    return sign + " " + Units.count(count) + " " + name;
  }

  private static int end(long pages, long total, int width) {
    return (int) Math.min(width, pages * width / total);
  }
}
