package io.pageferry.fault;

import io.pageferry.memory.MemorySlot;

/**
 * What is known of a slot's pages while they come: the two facts side by side. Any thread.
 *
 * @param slot the slot
 * @param firstNumber pages that the slots before it have, see {@link #numberOf}
 * @param states which pages are here
 * @param mechanism what stops accesses to the others
 */
public record SlotPages(
    MemorySlot slot, long firstNumber, PageStates states, FaultMechanism mechanism) {
  /** A page's number among all pages of the guest. */
  public long numberOf(long page) {
    return firstNumber + page;
  }
}
