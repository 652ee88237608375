package io.pageferry.dest.prefetch;

/** Fetches the aligned block that the page lies in, whatever the guest did before. */
final class AroundPolicy implements PrefetchPolicy {
  private static final int BLOCK_PAGES = 16;

  @Override
  public Prefetch plan(int slotId, long page) {
    return new Prefetch(page & -BLOCK_PAGES, 1, BLOCK_PAGES);
  }
}
