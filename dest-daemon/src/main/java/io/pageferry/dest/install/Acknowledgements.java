package io.pageferry.dest.install;

import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.PageRange;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Pages that are installed and that the source has not been told of. Bounded: when the buffer is
 * full it is sent at once. The threads of all lanes add, which allocates nothing; any thread
 * flushes.
 */
public final class Acknowledgements {
  private static final int MAX_RANGES = 1024;

  private @Nullable Consumer<DrainRequest> lane;
  private boolean begun;
  private volatile boolean isAnother;
  private final int[] slotIds = new int[MAX_RANGES];
  private final long[] firstPages = new long[MAX_RANGES];
  private final int[] pageCounts = new int[MAX_RANGES];
  private int ranges;

  /**
   * From now on, {@code drainLane} puts messages on the drain lane. It is called under this
   * object's monitor.
   */
  public synchronized void sendOn(Consumer<DrainRequest> drainLane) {
    lane = drainLane;
  }

  /**
   * From now on, after Commit, {@link #flush} sends: before that the source takes no
   * acknowledgement, and may still run the guest on.
   */
  public synchronized void begin() {
    begun = true;
  }

  /**
   * What is pending is not sent, and nothing more until {@link #begin}: another delivery takes over
   * from the one before, and is told of all pages that are here when it starts.
   */
  public synchronized void startAgain() {
    begun = false;
    ranges = 0;
    isAnother = true;
  }

  /** Whether the delivery is not the first: it may bring pages that the one before has brought. */
  boolean isAnother() {
    return isAnother;
  }

  /** {@code count} pages from {@code first} on are installed; 0 is fine. */
  synchronized void add(int slotId, long first, long count) {
    if (count == 0) {
      return;
    }
    if (ranges == MAX_RANGES) {
      // They could not be sent when the last of them came.
      send();
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
      send();
    }
  }

  /** Sends what is pending, if anything is, once this has begun. */
  public synchronized void flush() {
    if (begun && ranges > 0) {
      send();
    }
  }

  private void send() {
    if (lane == null) {
      throw new IllegalStateException("Pages are installed before there is a drain lane.");
    }
    DrainRequest.Builder message = DrainRequest.newBuilder();
    for (int range = 0; range < ranges; range++) {
      message.addInstalled(
          PageRange.newBuilder()
              .setSlot(slotIds[range])
              .setFirstPage(firstPages[range])
              .setPageCount(pageCounts[range]));
    }
    lane.accept(message.build());
    // Not before: what could not be sent is sent next time, and saying it twice does no harm.
    ranges = 0;
  }
}
