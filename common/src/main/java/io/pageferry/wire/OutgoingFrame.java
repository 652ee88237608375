package io.pageferry.wire;

import io.pageferry.memory.MemorySlot;
import org.jspecify.annotations.Nullable;

/**
 * A frame to send: the content of a run of pages, read from the slot when the frame is marshalled.
 *
 * @param slot the slot; null in the answer to a hello, and only there
 * @param firstPage first page of the run
 * @param pageCount number of pages; 0 says that the destination has acknowledged the page before
 * @param zero whether all bytes are zero and none are sent
 */
public record OutgoingFrame(
    @Nullable MemorySlot slot, long firstPage, int pageCount, boolean zero) {
  /** The answer to a hello. */
  public static final OutgoingFrame ATTACHED = new OutgoingFrame(null, 0, 0, true);

  /** The bytes of the pages. */
  public static OutgoingFrame bytes(MemorySlot slot, long firstPage, int pageCount) {
    return new OutgoingFrame(slot, firstPage, pageCount, false);
  }

  /** A run of zero pages. */
  public static OutgoingFrame zeros(MemorySlot slot, long firstPage, int pageCount) {
    return new OutgoingFrame(slot, firstPage, pageCount, true);
  }

  /** The answer to a fetch of a page that the destination has acknowledged before. */
  public static OutgoingFrame acknowledged(MemorySlot slot, long page) {
    return new OutgoingFrame(slot, page, 0, true);
  }

  /** Size of the encoded frame in bytes. */
  public long encodedBytes() {
    return FrameHeader.encodedBytes(this);
  }
}
