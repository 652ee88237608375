package io.pageferry.dest.prefetch;

/**
 * Pages of a slot to fetch along with the one that a vCPU waits for: {@code firstPage}, {@code
 * firstPage + step}, and so on.
 *
 * @param firstPage the first
 * @param step distance to the next; negative for backwards, never 0
 * @param count how many; 0 for none
 */
public record Prefetch(long firstPage, long step, int count) {
  /** No further page. */
  public static final Prefetch NONE = new Prefetch(0, 1, 0);

  /** Most pages that ride along with one fetch: 128 KiB, a vCPU's next fetch waits for them. */
  public static final int MAX_PAGES = 32;

  /** Whether a page of the slot is one of them. */
  public boolean contains(long page) {
    long distance = page - firstPage;
    return distance % step == 0 && distance / step >= 0 && distance / step < count;
  }
}
