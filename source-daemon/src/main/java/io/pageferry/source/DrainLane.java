package io.pageferry.source;

import io.grpc.ServerCall;
import io.pageferry.memory.PageGeometry;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.PageRange;
import io.pageferry.wire.OutgoingFrame;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The drain lane: sends every page that was not sent yet, in the order of {@link DrainCursor}, as
 * long as the connection takes frames and the bytes in flight stay under the cap; acknowledgements
 * come upstream.
 *
 * <p>Runs on the event loop of its connection, without a thread of its own; {@link #start} may be
 * called by any thread.
 */
final class DrainLane extends Lane<DrainRequest> {
  private static final long FRAME_BYTES = PageGeometry.bytes(DrainCursor.MAX_FRAME_PAGES);

  /** The part of the cap that the drain keeps to while faults come: an eighth. */
  private static final int FAULTS_SHARE = 8;

  /** Longest time for which faults hold the drain back altogether. */
  private static final long HELD_BACK_MILLIS = 2;

  private final LaneRegistry registry;
  private @Nullable SourceMigration migration;
  private long maxBytesInFlight;
  private boolean pumpIsDue;
  private boolean mayOvertakeFaults;
  private @Nullable DrainCursor cursor;

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
  synchronized void start(DrainCursor drainCursor, long bytesInFlightCap) {
    cursor = drainCursor;
    maxBytesInFlight = bytesInFlightCap;
    pump();
  }

  @Override
  void becameReady() {
    pump();
  }

  private synchronized void pump() {
    DrainCursor next = cursor;
    if (next == null) {
      return;
    }
    // Whole frames only: a frame cut to the room that is left would make many small ones.
    while (isReady() && next.ledger().bytesInFlight() <= maxBytesInFlight - FRAME_BYTES) {
      if (!mayOvertakeFaults && next.ledger().bytesInFlight() > inFlightLimit(next) - FRAME_BYTES) {
        pumpLater();
        return;
      }
      mayOvertakeFaults = false;
      OutgoingFrame frame = next.next();
      if (frame == null) {
        return;
      }
      send(frame);
    }
  }

  /**
   * Sends a frame in any case after a while: what holds the drain back may be pages that are never
   * acknowledged, because their lane was lost.
   */
  private void pumpLater() {
    if (!pumpIsDue) {
      pumpIsDue = true;
      CompletableFuture.delayedExecutor(HELD_BACK_MILLIS, TimeUnit.MILLISECONDS)
          .execute(this::pumpAfterAll);
    }
  }

  private void pumpAfterAll() {
    try {
      synchronized (this) {
        pumpIsDue = false;
        mayOvertakeFaults = true;
        pump();
      }
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }

  /** While faults come, little is put between a vCPU and the pages that the drain has sent. */
  private long inFlightLimit(DrainCursor next) {
    return next.faultsCome()
        ? Math.max(maxBytesInFlight / FAULTS_SHARE, FRAME_BYTES)
        : maxBytesInFlight;
  }

  @Override
  void lost(String why) {
    if (migration != null) {
      migration.laneLost(why);
    }
  }
}
