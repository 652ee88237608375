package io.pageferry.source.serve;

import io.pageferry.host.Ending;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.source.image.Delivery;
import io.pageferry.telemetry.LatencyCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One set of lanes under one token: a demand lane for each vCPU, and the drain lane. It serves a
 * {@link Delivery}, which outlives it, so that another session can go on where this one ended.
 *
 * <p>Any thread. Its monitor is held for moments, without calls to anything else.
 */
public final class Session {
  /** Threads of the destination, beside those of vCPUs, that wait for pages of devices. */
  private static final int DEVICE_LANES = 1;

  /** Whose pages it serves. Called on the lanes' event loops, without a lock. */
  public interface Owner {
    /** A lane ended by itself; the first one only. */
    void laneLost(String why);

    /** Every page is acknowledged. Possibly several times. */
    void delivered();
  }

  private final MigrationKey token;
  private final int vcpus;
  private final long answerDelayNanos;
  private final Owner owner;
  private final List<DemandLane> demand = new CopyOnWriteArrayList<>();
  private volatile @Nullable DrainLane drain;
  private volatile @Nullable Delivery delivery;
  private volatile @Nullable String lost;
  private boolean ended;

  /**
   * Without lanes yet.
   *
   * @param answerDelayNanos how long demand lanes hold each answer back
   */
  public Session(MigrationKey token, int vcpus, long answerDelayNanos, Owner owner) {
    this.token = token;
    this.vcpus = vcpus;
    this.answerDelayNanos = answerDelayNanos;
    this.owner = owner;
  }

  /**
   * One more demand lane.
   *
   * @throws PageFerryException LANE_ALREADY_ATTACHED if there is one for each vCPU and one for
   *     devices; STALE_MIGRATION once the session has ended
   */
  synchronized void attach(DemandLane lane) {
    requireOpen();
    if (demand.size() == vcpus + DEVICE_LANES) {
      throw alreadyAttached("all the demand lanes that it may have");
    }
    demand.add(lane);
  }

  /**
   * The drain lane.
   *
   * @throws PageFerryException LANE_ALREADY_ATTACHED if there is one; STALE_MIGRATION once the
   *     session has ended
   */
  synchronized void attach(DrainLane lane) {
    requireOpen();
    if (drain != null) {
      throw alreadyAttached("its drain lane");
    }
    drain = lane;
  }

  private void requireOpen() {
    if (ended) {
      throw new PageFerryException(
          ErrorCode.STALE_MIGRATION,
          "A lane cannot attach: migration " + token.migrationId() + " is over.");
    }
  }

  private static PageFerryException alreadyAttached(String what) {
    return new PageFerryException(
        ErrorCode.LANE_ALREADY_ATTACHED, "The migration has " + what + " already.");
  }

  /** Whether pages can be asked for and drained. */
  public boolean isAttached() {
    return !demand.isEmpty() && drain != null && lost == null;
  }

  /** How the first lane that ended by itself did so, as part of a sentence; null if none has. */
  public @Nullable String lost() {
    return lost;
  }

  /** The guest is handed over: its pages are served from now on. */
  public void serve(Delivery pages) {
    delivery = pages;
  }

  /** The guest comes back: its pages are not served any more. */
  public void withhold() {
    delivery = null;
  }

  /**
   * The pages to serve.
   *
   * @throws PageFerryException WRONG_GUEST_STATE while the guest belongs to the source
   */
  Delivery delivery() {
    Delivery pages = delivery;
    if (pages == null) {
      throw new PageFerryException(
          ErrorCode.WRONG_GUEST_STATE,
          "Pages are served only after switchover; the guest still belongs to the source.");
    }
    return pages;
  }

  /** How long demand lanes hold each answer back. */
  long answerDelayNanos() {
    return answerDelayNanos;
  }

  /** How long answers were really held back. */
  public LatencyCounts answerDelays() {
    LatencyCounts counts = new LatencyCounts();
    demand.forEach(lane -> counts.add(lane.delays()));
    return counts;
  }

  /** Sends all pages that were not sent, unless a lane is lost. After {@link #serve}. */
  public void startDrain(long maxBytesInFlight) {
    DrainLane lane = drain;
    if (lane != null && lost == null) {
      lane.start(delivery(), maxBytesInFlight);
    }
  }

  /** Lanes report here after each message: the pages may be complete by it. */
  void progressed() {
    Delivery pages = delivery;
    if (pages != null && pages.isComplete()) {
      owner.delivered();
    }
  }

  /** A lane ended by itself. */
  void laneLost(String why) {
    synchronized (this) {
      if (ended || lost != null) {
        return;
      }
      lost = why;
    }
    owner.laneLost(why);
  }

  /** Ends all lanes with an error, also those that come later. Idempotent. */
  public void end(PageFerryException cause) {
    endEach(lane -> lane.end(cause));
  }

  /** Ends all lanes with OK: the migration is complete. Idempotent. */
  public void end() {
    endEach(Lane::end);
  }

  private void endEach(Consumer<Lane<?>> end) {
    markEnded();
    List<Runnable> ends = new ArrayList<>();
    demand.forEach(lane -> ends.add(() -> end.accept(lane)));
    DrainLane last = drain;
    if (last != null) {
      ends.add(() -> end.accept(last));
    }
    Ending.all(ends.toArray(Runnable[]::new));
  }

  private synchronized void markEnded() {
    ended = true;
  }

  /** Bytes of frames sent on demand lanes. */
  public long demandBytes() {
    return demand.stream().mapToLong(DemandLane::bytesSent).sum();
  }

  /** Bytes of frames sent on the drain lane. */
  public long drainBytes() {
    DrainLane lane = drain;
    return lane == null ? 0 : lane.bytesSent();
  }
}
