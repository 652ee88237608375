package io.pageferry.fault;

/**
 * What stops a vCPU at a page of one slot, and lets it go on. It knows nothing of the page's bytes.
 *
 * <p>INVARIANT (rule 1): {@link #lift} is called after the page's bytes are in place, and releases
 * them; the vCPU's own test acquires, so a vCPU that is let through sees the bytes. Any thread.
 */
public interface FaultMechanism {
  /**
   * Begins to stop accesses, at every page of the slot. Before vCPUs run; while they do, the
   * machine must also drop what they have mapped.
   *
   * @throws IllegalStateException if it has begun already
   */
  void enable();

  /**
   * Stops accesses to {@code count} pages from {@code first} on. A vCPU that has one of them mapped
   * goes on until its mappings are dropped.
   */
  void trap(long first, long count);

  /** Lets accesses to {@code count} pages from {@code first} on proceed. Release. */
  void lift(long first, long count);

  /** Whether an access to the page stops. Acquire; pairs with {@link #lift}. */
  boolean traps(long page);

  /** Stops no access any more. Idempotent. */
  void disable();
}
