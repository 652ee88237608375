package io.pageferry.memory;

/**
 * A slot of a machine whose memory is in a file.
 *
 * @param layout the slot
 * @param offset where its bytes begin in the file, a multiple of the page size
 */
public record ImageSlot(SlotLayout layout, long offset) {
  /** Checks the offset. */
  public ImageSlot {
    if (offset < 0
        || !PageGeometry.isPageAligned(offset)
        || offset > Long.MAX_VALUE - layout.sizeBytes()) {
      throw new IllegalArgumentException(
          "The offset of slot %d in the image must be a multiple of %d; it is %d."
              .formatted(layout.id(), PageGeometry.PAGE_SIZE, offset));
    }
  }

  /** Where its bytes end in the file. */
  public long end() {
    return offset + layout.sizeBytes();
  }
}
