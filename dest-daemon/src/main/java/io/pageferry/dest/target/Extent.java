package io.pageferry.dest.target;

import io.pageferry.memory.PageGeometry;

/**
 * Pages of a slot that lie side by side in the target.
 *
 * @param address where the first is
 * @param slotId the slot
 * @param firstPage its first page there
 * @param pages how many
 */
public record Extent(long address, int slotId, long firstPage, long pages) {
  long end() {
    return address + PageGeometry.bytes(pages);
  }

  boolean contains(long where) {
    return where >= address && where < end();
  }

  boolean holds(int slot, long page) {
    return slotId == slot && page >= firstPage && page < firstPage + pages;
  }

  long addressOf(long page) {
    return address + PageGeometry.bytes(page - firstPage);
  }

  long pageAt(long where) {
    return firstPage + PageGeometry.pages(where - address);
  }

  /** The part of it from one address to another, which lie in it. */
  Extent part(long from, long to) {
    return new Extent(from, slotId, pageAt(from), PageGeometry.pages(to - from));
  }

  Extent movedTo(long where) {
    return new Extent(where, slotId, firstPage, pages);
  }
}
