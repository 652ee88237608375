package io.pageferry.wire;

import io.pageferry.fault.PageBytes;
import io.pageferry.memory.MemorySlot;

/**
 * Installs the pages that arrive on a lane, for {@link InstallingMarshaller}. Called on the thread
 * that is the lane's event loop, one frame at a time per lane; several lanes may call at once.
 */
public interface PageSink {
  /**
   * Installs a run of pages with bytes. For each page in order the sink calls {@link
   * PageBytes#copyPageTo} or {@link Payload#skipPage}.
   *
   * @param arrivalNanos when the frame began to be parsed
   */
  void install(MemorySlot slot, long firstPage, int pageCount, Payload payload, long arrivalNanos);

  /** Installs a run of pages that are all zero. */
  void installZeros(MemorySlot slot, long firstPage, int pageCount, long arrivalNanos);

  /** The data of a run of pages is lost: the source cannot read it. */
  void installLost(MemorySlot slot, long firstPage, int pageCount, long arrivalNanos);

  /** The bytes of a frame's pages, read once, in order. Valid during the call only. */
  interface Payload extends PageBytes {
    /** Passes over the next page. */
    void skipPage();
  }
}
