package io.pageferry.source.serve;

import io.grpc.ServerCall;
import io.pageferry.memory.PageGeometry;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.proto.v1.PageRange;
import io.pageferry.source.image.Delivery;
import io.pageferry.wire.OutgoingFrame;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The drain lane: sends every page that was not sent yet, in the order that {@link Delivery} gives,
 * as long as the connection takes frames and the bytes in flight stay under the cap;
 * acknowledgements come upstream.
 *
 * <p>Runs on the event loop of its connection, and on the {@link DrainTimer}'s thread after it has
 * waited; {@link #start} may be called by any thread. Its monitor comes before {@link
 * DrainBandwidth}'s.
 */
final class DrainLane extends Lane<DrainRequest> {
  private static final long FRAME_BYTES = PageGeometry.bytes(Delivery.MAX_FRAME_PAGES);

  /** The part of the cap that the drain keeps to while faults come: an eighth. */
  private static final int FAULTS_SHARE = 8;

  /**
   * Longest time for which faults hold the drain back altogether: it may be pages that are never
   * acknowledged, because their lane was lost.
   */
  private static final long HELD_BACK_NANOS = 2_000_000;

  private final DrainBandwidth bandwidth;
  private final DrainTimer timer;
  private final Alarm faultsAlarm = new Alarm();
  private final Alarm turnAlarm = new Alarm();

  private long maxBytesInFlight;
  private boolean mayOvertakeFaults;

  /** When it may send the next frame, if it has taken a turn. */
  private OptionalLong turn = OptionalLong.empty();

  /** What is sent; null until {@link #start}. */
  private @Nullable Delivery started;

  DrainLane(
      ServerCall<DrainRequest, OutgoingFrame> call,
      Sessions sessions,
      DrainBandwidth bandwidth,
      DrainTimer timer) {
    super(call, sessions);
    this.bandwidth = bandwidth;
    this.timer = timer;
  }

  @Override
  String name() {
    return "drain";
  }

  @Override
  LaneHello hello(DrainRequest message) {
    return message.getHello();
  }

  @Override
  void attachTo(Session joined) {
    joined.attach(this);
  }

  @Override
  void receive(Session attached, DrainRequest message) {
    for (PageRange range : message.getInstalledList()) {
      attached
          .delivery()
          .acknowledge(
              range.getSlot(), range.getFirstPage(), Integer.toUnsignedLong(range.getPageCount()));
    }
    // If another thread sends now, this waits for it. What it sends may be acknowledged already, as
    // the answer to a fetch, and must be counted before anybody looks whether it was the last.
    pump();
    attached.progressed();
  }

  /** The guest is handed over: sends its pages from now on. */
  synchronized void start(Delivery delivery, long bytesInFlightCap) {
    started = delivery;
    maxBytesInFlight = bytesInFlightCap;
    pump();
  }

  @Override
  void becameReady() {
    pump();
  }

  private synchronized void pump() {
    Delivery delivery = started;
    if (delivery == null) {
      return;
    }
    // Whole frames only: a frame cut to the room that is left would make many small ones.
    while (isReady() && delivery.bytesInFlight() <= maxBytesInFlight - FRAME_BYTES) {
      if (!mayOvertakeFaults && delivery.bytesInFlight() > inFlightLimit(delivery) - FRAME_BYTES) {
        if (faultsAlarm.set(HELD_BACK_NANOS, () -> mayOvertakeFaults = true)) {
          return;
        }
      }
      if (mustWaitForTurn()) {
        return;
      }
      mayOvertakeFaults = false;
      OutgoingFrame frame = delivery.nextFrame();
      endTurn(frame);
      if (frame == null) {
        return;
      }
      send(frame);
    }
  }

  /** The daemon's drains share what they may send. */
  private boolean mustWaitForTurn() {
    if (bandwidth.isUnlimited()) {
      return false;
    }
    if (turn.isEmpty()) {
      turn = OptionalLong.of(bandwidth.takeTurn());
    }
    long nanos = bandwidth.until(turn.getAsLong());
    if (nanos <= 0 || turnAlarm.set(nanos, () -> {})) {
      return nanos > 0;
    }
    // It cannot wait. What it sends now is not to hold up other drains later.
    endTurn(null);
    return false;
  }

  private void endTurn(@Nullable OutgoingFrame frame) {
    if (turn.isPresent()) {
      turn = OptionalLong.empty();
      bandwidth.endTurn(frame == null ? 0 : frame.encodedBytes());
    }
  }

  /** Sends again after a while. Used under the lane's monitor. */
  private final class Alarm {
    private boolean isSet;

    /**
     * Sets it, unless it is set.
     *
     * @param first done before anything is sent
     * @return false if it cannot be set: what waits goes on now
     */
    boolean set(long nanos, Runnable first) {
      isSet = isSet || timer.after(nanos, () -> ring(first));
      return isSet;
    }

    private void ring(Runnable first) {
      try {
        synchronized (DrainLane.this) {
          isSet = false;
          first.run();
          pump();
        }
      } catch (RuntimeException | Error e) {
        failed(e);
      }
    }
  }

  /** While faults come, little is put between a vCPU and the pages that the drain has sent. */
  private long inFlightLimit(Delivery delivery) {
    return delivery.faultsCome()
        ? Math.max(maxBytesInFlight / FAULTS_SHARE, FRAME_BYTES)
        : maxBytesInFlight;
  }
}
