package io.pageferry.dest;

import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.PageRange;
import java.util.function.Consumer;

/**
 * Pages that are installed and that the source has not been told of. Bounded: when the buffer is
 * full it is sent at once. The threads of all lanes add; any thread flushes.
 */
final class Acknowledgements {
  private static final int MAX_RANGES = 1024;

  private final Consumer<DrainRequest> sender;
  private DrainRequest.Builder pending = DrainRequest.newBuilder();
  private int lastSlot = -1;
  private long lastEnd;

  /** {@code sender} puts a message on the drain lane; called under this object's monitor. */
  Acknowledgements(Consumer<DrainRequest> sender) {
    this.sender = sender;
  }

  /** {@code count} pages from {@code first} on are installed; 0 is fine. */
  synchronized void add(int slotId, long first, long count) {
    if (count == 0) {
      return;
    }
    int last = pending.getInstalledCount() - 1;
    if (last >= 0 && slotId == lastSlot && first == lastEnd) {
      PageRange.Builder range = pending.getInstalledBuilder(last);
      range.setPageCount((int) (range.getPageCount() + count));
    } else {
      pending.addInstalled(
          PageRange.newBuilder().setSlot(slotId).setFirstPage(first).setPageCount((int) count));
    }
    lastSlot = slotId;
    lastEnd = first + count;
    if (pending.getInstalledCount() >= MAX_RANGES) {
      flush();
    }
  }

  /** Sends what is pending, if anything is. */
  synchronized void flush() {
    if (pending.getInstalledCount() > 0) {
      DrainRequest message = pending.build();
      pending = DrainRequest.newBuilder();
      sender.accept(message);
    }
  }
}
