package io.pageferry.source;

import io.grpc.ServerCall;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageHash;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.PageRange;
import io.pageferry.wire.OutgoingFrame;
import org.jspecify.annotations.Nullable;

/**
 * The drain lane: sends every page that was not sent yet, in order of address, as long as the
 * connection takes frames and the bytes in flight stay under the cap; acknowledgements come
 * upstream.
 *
 * <p>Runs on the event loop of its connection, without a thread of its own; {@link #start} may be
 * called by any thread.
 */
final class DrainLane extends Lane<DrainRequest> {
  /** Most pages in one frame: 256 KiB. */
  static final int FRAME_PAGES = 64;

  private static final long FRAME_BYTES = PageGeometry.bytes(FRAME_PAGES);

  private final LaneRegistry registry;
  private @Nullable SourceMigration migration;
  private @Nullable PageLedger ledger;
  private long maxBytesInFlight;
  private int slotIndex;
  private long cursor;

  DrainLane(ServerCall<DrainRequest, OutgoingFrame> call, LaneRegistry registry) {
    super(call);
    this.registry = registry;
  }

  @Override
  String name() {
    return "drain";
  }

  @Override
  void receive(DrainRequest message) {
    SourceMigration attached = migration;
    if (attached == null) {
      migration = registry.attach(message.getHello(), this);
      send(OutgoingFrame.ATTACHED);
    } else {
      for (PageRange range : message.getInstalledList()) {
        attached
            .frozenPages()
            .acknowledge(
                range.getSlot(),
                range.getFirstPage(),
                Integer.toUnsignedLong(range.getPageCount()));
      }
      attached.checkComplete();
      pump();
    }
    request(1);
  }

  /** The guest is handed over: sends its pages from now on. */
  synchronized void start(PageLedger pages, long bytesInFlightCap) {
    ledger = pages;
    maxBytesInFlight = bytesInFlightCap;
    pump();
  }

  @Override
  public void onReady() {
    pump();
  }

  private synchronized void pump() {
    PageLedger pages = ledger;
    if (pages == null) {
      return;
    }
    // Whole frames only: a frame cut to the room that is left would make many small ones.
    while (isReady() && pages.bytesInFlight() <= maxBytesInFlight - FRAME_BYTES) {
      OutgoingFrame frame = nextFrame(pages);
      if (frame == null) {
        return;
      }
      send(frame);
    }
  }

  private @Nullable OutgoingFrame nextFrame(PageLedger pages) {
    GuestMemory memory = pages.memory();
    while (slotIndex < memory.slots().size()) {
      MemorySlot slot = memory.slots().get(slotIndex);
      long first = pages.nextUnsent(slot, cursor);
      if (first < 0) {
        slotIndex++;
        cursor = 0;
        continue;
      }
      boolean zero = isZero(slot, first);
      int count = claimRun(pages, slot, first, zero);
      cursor = first + Math.max(count, 1);
      if (count > 0) {
        return zero
            ? OutgoingFrame.zeros(slot, first, count)
            : OutgoingFrame.bytes(slot, first, count);
      }
    }
    return null;
  }

  /** Marks as sent the longest run from {@code first} on that one frame can carry. */
  private static int claimRun(PageLedger pages, MemorySlot slot, long first, boolean zero) {
    int count = 0;
    while (count < FRAME_PAGES && first + count < slot.pageCount()) {
      long page = first + count;
      boolean fits = pages.hasContent(slot, page) && (count == 0 || isZero(slot, page) == zero);
      if (!fits || !pages.markSent(slot, page)) {
        break;
      }
      count++;
    }
    return count;
  }

  private static boolean isZero(MemorySlot slot, long page) {
    return PageHash.isZero(slot, page);
  }

  @Override
  void lost(String why) {
    if (migration != null) {
      migration.laneLost(why);
    }
  }
}
