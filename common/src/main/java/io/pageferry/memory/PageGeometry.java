package io.pageferry.memory;

/** The page size and the arithmetic that follows from it. Stateless; any thread. */
public final class PageGeometry {
  /** Bytes in a page. */
  public static final int PAGE_SIZE = 4096;

  /** Binary logarithm of {@link #PAGE_SIZE}. */
  public static final int PAGE_SHIFT = 12;

  /** Pages of a transparent huge page: 2 MiB. */
  public static final int HUGE_PAGE_PAGES = 512;

  private PageGeometry() {}

  /** Whether an address or size in bytes is a multiple of the page size. */
  public static boolean isPageAligned(long bytes) {
    return (bytes & (PAGE_SIZE - 1)) == 0;
  }

  /** Number of pages in {@code bytes}, a multiple of the page size. */
  public static long pages(long bytes) {
    return bytes >>> PAGE_SHIFT;
  }

  /** Number of bytes in {@code pages} pages. */
  public static long bytes(long pages) {
    return pages << PAGE_SHIFT;
  }
}
