package io.pageferry.wire;

import io.pageferry.memory.MemorySlot;

/**
 * Where arriving frames go. Called on the thread that is the lane's event loop, one frame at a time
 * per lane; several lanes may call at once.
 */
public interface PageSink {
  /**
   * A run of pages with bytes. For each page in order the sink calls {@link Payload#copyPageTo} or
   * {@link Payload#skipPage}.
   *
   * @param arrivalNanos when the frame began to be parsed
   */
  void pages(MemorySlot slot, long firstPage, int pageCount, Payload payload, long arrivalNanos);

  /** A run of pages that are all zero. */
  void zeros(MemorySlot slot, long firstPage, int pageCount, long arrivalNanos);

  /** The bytes of a frame's pages, read once, in order. Valid during the call only. */
  interface Payload {
    /** Copies the next page to the {@code page}th page of {@code slot}. */
    void copyPageTo(MemorySlot slot, long page);

    /** Passes over the next page. */
    void skipPage();
  }
}
