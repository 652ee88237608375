package io.pageferry.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * KVM's userfault bitmap: 1 means that an access to the page exits with a memory fault, 0 that it
 * goes ahead. Bit 0 is the slot's first guest frame.
 *
 * <p>User space sets and clears bits, vCPUs only read them. INVARIANT: a page's bytes are in place
 * before {@link #allow} clears its bit with release; {@link #faults} tests it with acquire, so a
 * vCPU that finds it clear sees the bytes. Any thread.
 *
 * <p>Source of layout and ordering: version 3 of the KVM Userfault series (June 2025).
 */
public final class UserfaultBitmap {
  private final PageBitmap bits;

  UserfaultBitmap(long pageCount, Arena owner) {
    bits = new PageBitmap(pageCount, owner);
  }

  /** Whether an access to the page faults. Acquire; pairs with {@link #allow}. */
  public boolean faults(long page) {
    return bits.get(page);
  }

  /**
   * Lets accesses to a page proceed, once its bytes are in place. Release; pairs with {@link
   * #faults}.
   */
  public void allow(long page) {
    var _ = bits.clear(page);
  }

  /** {@link #allow} for {@code count} pages from {@code first} on, a word at a time. */
  public void allowRange(long first, long count) {
    bits.clearRange(first, count);
  }

  /**
   * Makes accesses to every page fault. vCPUs that have a page mapped go on until they are flushed.
   */
  public void faultAll() {
    bits.setRange(0, bits.pageCount());
  }

  /** Clears the bits of {@code others} of all pages that fault. */
  void clearIn(PageBitmap others) {
    others.clearWhereSetIn(bits);
  }

  /** Number of pages that fault. */
  public long faultingPages() {
    return bits.cardinality();
  }

  /** The first page from {@code from} on that faults, or -1. */
  public long nextFaulting(long from) {
    return bits.nextSet(from);
  }

  /**
   * The bitmap's memory: 64-bit words, page-aligned, as {@code KVM_SET_USER_MEMORY_REGION2} takes
   * it.
   */
  public MemorySegment words() {
    return bits.words();
  }
}
