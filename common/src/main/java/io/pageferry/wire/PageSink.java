package io.pageferry.wire;

import io.pageferry.memory.MemorySlot;

/**
 * Installs the pages that arrive on a lane, for {@link InstallingMarshaller}. Called on the thread
 * that is the lane's event loop, one frame at a time per lane; several lanes may call at once.
 */
public interface PageSink {
  /**
   * Installs a run of pages with bytes. For each page in order the sink calls {@link
   * Payload#copyPageTo} or {@link Payload#skipPage}.
   *
   * @param arrivalNanos when the frame began to be parsed
   */
  void install(MemorySlot slot, long firstPage, int pageCount, Payload payload, long arrivalNanos);

  /** Installs a run of pages that are all zero. */
  void installZeros(MemorySlot slot, long firstPage, int pageCount, long arrivalNanos);

  /** The bytes of a frame's pages, read once, in order. Valid during the call only. */
  interface Payload {
    /** Copies the next page to the {@code page}th page of {@code slot}. */
    void copyPageTo(MemorySlot slot, long page);

    /** Passes over the next page. */
    void skipPage();
  }
}
