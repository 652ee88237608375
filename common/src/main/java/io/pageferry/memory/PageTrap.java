package io.pageferry.memory;

/** What a vCPU asks before it maps a page of a slot. Any thread. */
@FunctionalInterface
public interface PageTrap {
  /**
   * Whether an access to the page has to stop. Acquire: who is let through sees the page's bytes.
   * By the vCPU's thread, each time it fills a TLB entry, so it has to be cheap.
   */
  boolean traps(long page);

  /**
   * Whether an access that has to stop does so because the page is missing, and not because it is
   * of the wrong kind: to private memory where the hypervisor has shared memory.
   */
  default boolean isUserfault(long page) {
    return true;
  }

  /** The guest has just made pages private or shared. By the thread that did it for the guest. */
  default void converted(long first, long count) {}
}
