package io.pageferry.dest.install;

import com.google.protobuf.ByteString;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.memory.PageGeometry;
import io.pageferry.proto.v1.PageFrame;
import io.pageferry.wire.LaneKind;
import io.pageferry.wire.PageSink;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The pages that come with a guest's state, so that its vCPUs do not begin with a fault. Checked as
 * a whole before any is installed. Used by one thread.
 */
public final class FirstPages {
  /** Most of them for each vCPU. */
  private static final int PAGES_PER_VCPU = 4;

  private record Page(MemorySlot slot, long number, ByteString data) {}

  private final List<Page> pages = new ArrayList<>();

  /**
   * Of the frames of a TransferState.
   *
   * @param nonzero the pages that may hold something, by slot
   * @throws IllegalArgumentException if they cannot be right
   */
  public FirstPages(
      List<PageFrame> frames, int vcpus, GuestMemory memory, Map<MemorySlot, PageBitmap> nonzero) {
    if (frames.size() > PAGES_PER_VCPU * vcpus) {
      throw new IllegalArgumentException(
          frames.size() + " pages come with it, and " + PAGES_PER_VCPU + " for each vCPU may.");
    }
    for (PageFrame frame : frames) {
      MemorySlot slot = memory.slot(frame.getSlot());
      PageBitmap named = slot == null ? null : nonzero.get(slot);
      long page = frame.getFirstPage();
      if (slot == null
          || named == null
          || page < 0
          || page >= slot.pageCount()
          || !named.get(page)
          || frame.getPageCount() != 1
          || frame.getData().size() != PageGeometry.PAGE_SIZE) {
        throw new IllegalArgumentException(
            "page "
                + page
                + " of slot "
                + frame.getSlot()
                + " comes with it, which is not one page of those that its page map names.");
      }
      pages.add(new Page(slot, page, frame.getData()));
    }
  }

  /** Puts them in place, as what a demand lane brings. */
  public void installWith(PageInstaller installer) {
    PageSink sink = installer.sink(LaneKind.DEMAND);
    for (Page page : pages) {
      sink.install(page.slot, page.number, 1, new Bytes(page.data), System.nanoTime());
    }
  }

  private record Bytes(ByteString data) implements PageSink.Payload {
    @Override
    public void copyPageTo(MemorySegment target, long offset) {
      target
          .asSlice(offset, PageGeometry.PAGE_SIZE)
          .copyFrom(MemorySegment.ofBuffer(data.asReadOnlyByteBuffer()));
    }

    @Override
    public void skipPage() {}
  }
}
