package io.pageferry.source;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The lanes of a migration: an urgent lane for each vCPU, and the drain lane. Any thread may read
 * and end them; attaching is under the monitor of the migration.
 */
final class AttachedLanes {
  private final List<DemandLane> urgent = new CopyOnWriteArrayList<>();
  private volatile @Nullable DrainLane drain;

  /**
   * One more urgent lane.
   *
   * @throws PageFerryException LANE_ALREADY_ATTACHED if there are {@code most}
   */
  void attach(DemandLane lane, int most) {
    if (urgent.size() == most) {
      throw alreadyAttached("an urgent lane for every vCPU");
    }
    urgent.add(lane);
  }

  /**
   * The drain lane.
   *
   * @throws PageFerryException LANE_ALREADY_ATTACHED if there is one
   */
  void attach(DrainLane lane) {
    if (drain != null) {
      throw alreadyAttached("its drain lane");
    }
    drain = lane;
  }

  private static PageFerryException alreadyAttached(String what) {
    return new PageFerryException(
        ErrorCode.LANE_ALREADY_ATTACHED, "The migration has " + what + " already.");
  }

  /** Whether pages can be asked for and drained. */
  boolean areComplete() {
    return !urgent.isEmpty() && drain != null;
  }

  /** The drain lane, or null. */
  @Nullable DrainLane drain() {
    return drain;
  }

  /** Ends all of them with an error. */
  void end(PageFerryException cause) {
    urgent.forEach(lane -> lane.end(cause));
    DrainLane lane = drain;
    if (lane != null) {
      lane.end(cause);
    }
  }

  /** Ends all of them with OK. */
  void end() {
    urgent.forEach(DemandLane::end);
    DrainLane lane = drain;
    if (lane != null) {
      lane.end();
    }
  }

  /** Bytes of frames sent on urgent lanes. */
  long demandBytes() {
    return urgent.stream().mapToLong(DemandLane::bytesSent).sum();
  }

  /** Bytes of frames sent on the drain lane. */
  long drainBytes() {
    DrainLane lane = drain;
    return lane == null ? 0 : lane.bytesSent();
  }
}
