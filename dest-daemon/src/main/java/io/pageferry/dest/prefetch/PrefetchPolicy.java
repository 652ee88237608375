package io.pageferry.dest.prefetch;

/**
 * Decides which pages to fetch along with one that a vCPU faulted on. One for each vCPU, used by
 * its thread alone. {@link Kind} names the implementations.
 */
public interface PrefetchPolicy {
  /**
   * The vCPU has faulted on a page, and is about to ask for it.
   *
   * @param slotId the page's slot
   * @param page its number in the slot
   */
  Prefetch plan(int slotId, long page);

  /** The policies to choose from, by the names that the setting {@code --prefetch} takes. */
  enum Kind {
    /** Only what a vCPU waits for. */
    none,
    /** The pages around it. */
    around,
    /** As many pages as ever in the direction that most of the latest faults took. */
    trend,
    /** In that direction, few at first and more while the guest keeps to it. */
    adaptive;

    private static final int STEADY_WINDOW = Prefetch.MAX_PAGES / 4;
    private static final int FIRST_WINDOW = 2;

    /** A policy for one vCPU. */
    public PrefetchPolicy create() {
      return switch (this) {
        case none -> (slotId, page) -> Prefetch.NONE;
        case around -> new AroundPolicy();
        case trend -> new TrendPolicy(STEADY_WINDOW, STEADY_WINDOW);
        case adaptive -> new TrendPolicy(FIRST_WINDOW, Prefetch.MAX_PAGES);
      };
    }
  }
}
