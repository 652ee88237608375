package io.pageferry.memory;

/**
 * Where a slot lies in guest physical memory.
 *
 * @param id small number that names the slot, unique within a guest
 * @param base first guest physical address, a multiple of the page size
 * @param sizeBytes size, a positive multiple of the page size
 */
public record SlotLayout(int id, long base, long sizeBytes) {
  /** Checks alignment and size. */
  public SlotLayout {
    if (sizeBytes <= 0 || !PageGeometry.isPageAligned(sizeBytes)) {
      throw new IllegalArgumentException(
          "The size of slot "
              + id
              + " must be a positive multiple of "
              + PageGeometry.PAGE_SIZE
              + " bytes; it is "
              + sizeBytes
              + ".");
    }
    if (base < 0 || !PageGeometry.isPageAligned(base) || base > Long.MAX_VALUE - sizeBytes) {
      throw new IllegalArgumentException(
          "The base of slot "
              + id
              + " must be a multiple of "
              + PageGeometry.PAGE_SIZE
              + "; it is 0x"
              + Long.toHexString(base)
              + ".");
    }
  }
}
