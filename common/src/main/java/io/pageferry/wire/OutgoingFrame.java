package io.pageferry.wire;

import io.pageferry.memory.MemorySlot;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A frame to send: the content of a run of pages, read when the frame is marshalled.
 *
 * @param slot the slot; null in the answer to a hello, and only there
 * @param firstPage first page of the run
 * @param pageCount number of pages; 0 says that the destination has acknowledged the page before
 * @param zero whether none are sent: all are zero, or lost
 * @param lost whether the pages' data is lost
 * @param copy the pages' bytes where they are not to be read from the slot
 */
public record OutgoingFrame(
    @Nullable MemorySlot slot,
    long firstPage,
    int pageCount,
    boolean zero,
    boolean lost,
    @Nullable MemorySegment copy) {
  /** The answer to a hello. */
  public static final OutgoingFrame ATTACHED = new OutgoingFrame(null, 0, 0, true, false, null);

  /** The bytes of the pages. */
  public static OutgoingFrame bytes(MemorySlot slot, long firstPage, int pageCount) {
    return new OutgoingFrame(slot, firstPage, pageCount, false, false, null);
  }

  /** One page, from a copy of its bytes that stays as it is until the frame is sent. */
  public static OutgoingFrame copied(MemorySlot slot, long page, MemorySegment copy) {
    return new OutgoingFrame(slot, page, 1, false, false, copy);
  }

  /** A run of zero pages. */
  public static OutgoingFrame zeros(MemorySlot slot, long firstPage, int pageCount) {
    return new OutgoingFrame(slot, firstPage, pageCount, true, false, null);
  }

  /** A page whose data cannot be read. */
  public static OutgoingFrame lost(MemorySlot slot, long page) {
    return new OutgoingFrame(slot, page, 1, true, true, null);
  }

  /** The answer to a fetch of a page that the destination has acknowledged before. */
  public static OutgoingFrame acknowledged(MemorySlot slot, long page) {
    return new OutgoingFrame(slot, page, 0, true, false, null);
  }

  /** Size of the encoded frame in bytes. */
  public long encodedBytes() {
    return FrameHeader.encodedBytes(this);
  }
}
