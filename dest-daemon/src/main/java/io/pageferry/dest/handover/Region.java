package io.pageferry.dest.handover;

import io.pageferry.memory.PageGeometry;

/**
 * A range of another process' memory, and where its bytes are in the image. Checked.
 *
 * @param address its first byte there, a multiple of the page size
 * @param bytes its length, a positive multiple of the page size
 * @param offset where its bytes begin in the image, a multiple of the page size
 */
public record Region(long address, long bytes, long offset) {
  /** The end of what a process can have: 2^56, more than any processor gives. */
  private static final long END_OF_ADDRESSES = 1L << 56;

  /** Checks the numbers. */
  public Region {
    requirePages("base address", address);
    requirePages("size", bytes);
    requirePages("offset", offset);
    if (bytes == 0) {
      throw new IllegalArgumentException("A region has size 0.");
    }
    if (address == 0 || address > END_OF_ADDRESSES - bytes || offset > Long.MAX_VALUE - bytes) {
      throw new IllegalArgumentException(
          "A region of %d bytes at address 0x%x and offset %d does not exist."
              .formatted(bytes, address, offset));
    }
  }

  private static void requirePages(String what, long value) {
    if (value < 0 || value > END_OF_ADDRESSES || !PageGeometry.isPageAligned(value)) {
      throw new IllegalArgumentException(
          "The %s of a region must be a multiple of %d; it is %s."
              .formatted(what, PageGeometry.PAGE_SIZE, Long.toUnsignedString(value)));
    }
  }

  /** The first address behind it. */
  public long end() {
    return address + bytes;
  }

  /** The first offset behind it. */
  public long endOffset() {
    return offset + bytes;
  }
}
