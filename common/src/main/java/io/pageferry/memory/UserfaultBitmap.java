package io.pageferry.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * KVM's userfault bitmap: 1 means that an access to the page exits with a memory fault, 0 that it
 * goes ahead. Bit 0 is the slot's first guest frame.
 *
 * <p>User space sets and clears bits, vCPUs only read them. INVARIANT: a page's bytes are in place
 * before {@link #lift} clears its bit with release; {@link #traps} tests it with acquire, so a vCPU
 * that finds it clear sees the bytes. It does not say which pages are here. Any thread.
 *
 * <p>Source of layout and ordering: version 3 of the KVM Userfault series (June 2025).
 */
public final class UserfaultBitmap implements PageTrap {
  private final PageBitmap bits;

  UserfaultBitmap(long pageCount, Arena owner) {
    bits = new PageBitmap(pageCount, owner);
  }

  /** Whether an access to the page faults. Acquire; pairs with {@link #lift}. */
  @Override
  public boolean traps(long page) {
    return bits.get(page);
  }

  /** Lets accesses to {@code count} pages from {@code first} on proceed. Release. */
  public void lift(long first, long count) {
    bits.clearRange(first, count);
  }

  /**
   * Makes accesses to {@code count} pages from {@code first} on fault. vCPUs that have a page
   * mapped go on until they are flushed.
   */
  public void trap(long first, long count) {
    bits.setRange(first, count);
  }

  /** Number of pages that fault. */
  public long trappedPages() {
    return bits.cardinality();
  }

  /**
   * The bitmap's memory: 64-bit words, page-aligned, as {@code KVM_SET_USER_MEMORY_REGION2} takes
   * it.
   */
  public MemorySegment words() {
    return bits.words();
  }
}
