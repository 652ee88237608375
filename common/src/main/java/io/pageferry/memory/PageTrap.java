package io.pageferry.memory;

/** What a vCPU asks before it maps a page of a slot. Any thread. */
@FunctionalInterface
public interface PageTrap {
  /**
   * Whether an access to the page has to stop. Acquire: who is let through sees the page's bytes.
   * By the vCPU's thread, each time it fills a TLB entry, so it has to be cheap.
   */
  boolean traps(long page);
}
