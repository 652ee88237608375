package io.pageferry.cli.view;

import io.pageferry.proto.v1.PageCounts;

/**
 * A bar of all pages by origin: {@code #} demand, {@code =} drain, {@code .} zero, blank for pages
 * that have not come. Stateless.
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
    // Ends are rounded, not lengths, so that the parts always add up.
    int demand = end(pages.getDemand(), total, inner);
    int drain = end(pages.getDemand() + pages.getDrain(), total, inner);
    int zero = end(pages.getDemand() + pages.getDrain() + pages.getZero(), total, inner);
    if (pages.getDemand() > 0 && demand == 0 && drain > 0) {
      demand = 1;
    }
    return "["
        + palette.notice("#".repeat(demand))
        + palette.good("=".repeat(Math.max(0, drain - demand)))
        + palette.dim(".".repeat(zero - Math.max(drain, demand)))
        + " ".repeat(inner - zero)
        + "]";
  }

  private static int end(long pages, long total, int width) {
    return (int) Math.min(width, pages * width / total);
  }
}
