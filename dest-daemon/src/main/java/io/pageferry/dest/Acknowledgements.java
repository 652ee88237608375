package io.pageferry.dest;

import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.PageRange;
import java.util.function.Consumer;

/**
 * Pages that are installed and that the source has not been told of. Bounded: when the buffer is
 * full it is sent at once. The threads of all lanes add, which allocates nothing; any thread
 * flushes.
 */
final class Acknowledgements {
  private static final int MAX_RANGES = 1024;

  private final Consumer<DrainRequest> sender;
  private final int[] slotIds = new int[MAX_RANGES];
  private final long[] firstPages = new long[MAX_RANGES];
  private final int[] pageCounts = new int[MAX_RANGES];
  private int ranges;

  /** {@code sender} puts a message on the drain lane; called under this object's monitor. */
  Acknowledgements(Consumer<DrainRequest> sender) {
    this.sender = sender;
  }

  /** {@code count} pages from {@code first} on are installed; 0 is fine. */
  synchronized void add(int slotId, long first, long count) {
    if (count == 0) {
      return;
    }
    if (ranges == MAX_RANGES) {
      // They could not be sent when the last of them came.
      flush();
    }
    int last = ranges - 1;
    if (last >= 0 && slotIds[last] == slotId && firstPages[last] + pageCounts[last] == first) {
      pageCounts[last] += (int) count;
      return;
    }
    slotIds[ranges] = slotId;
    firstPages[ranges] = first;
    pageCounts[ranges] = (int) count;
    ranges++;
    if (ranges == MAX_RANGES) {
      flush();
    }
  }

  /** Sends what is pending, if anything is. */
  synchronized void flush() {
    if (ranges == 0) {
      return;
    }
    DrainRequest.Builder message = DrainRequest.newBuilder();
    for (int range = 0; range < ranges; range++) {
      message.addInstalled(
          PageRange.newBuilder()
              .setSlot(slotIds[range])
              .setFirstPage(firstPages[range])
              .setPageCount(pageCounts[range]));
    }
    sender.accept(message.build());
    // Not before: what could not be sent is sent next time, and saying it twice does no harm.
    ranges = 0;
  }
}
