package io.pageferry.source;

import io.pageferry.daemon.GuestMigration;
import io.pageferry.daemon.HostedGuest;
import io.pageferry.daemon.StatusMessages;
import io.pageferry.daemon.TransferRate;
import io.pageferry.guest.Machine;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.proto.v1.CommitResponse;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PrepareResponse;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.rpc.ThreadSlice;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * One migration as the source conducts it: prepare the destination, pause, hand over, then serve
 * pages until every one is acknowledged.
 *
 * <p>{@link #run} is the whole story, on a thread of its own. Lanes attach and report from their
 * event loops; {@link #cancel} may come from any thread until the point of no return, which {@link
 * #giveUpGuest} passes.
 */
public final class SourceMigration implements GuestMigration {
  private static final Logger LOG = LoggerFactory.getLogger(SourceMigration.class);
  private static final int COMMIT_ATTEMPTS = 3;
  private static final long COMMIT_RETRY_NANOS = 200_000_000;
  private static final Duration DISCARD_PATIENCE = Duration.ofSeconds(8);

  private final MigrationKey key;
  private final HostedGuest guest;
  private final String destination;
  private final String pageServiceAddress;
  private final long maxBytesInFlight;
  private final long drainAfterMillis;
  private final PhaseTracker tracker;
  private final SourceSentences sentences;
  private final DestinationClient client;
  private final CountDownLatch released = new CountDownLatch(1);

  /**
   * Open once the drain is not to wait any longer: its delay is over or cut short, or all is done.
   */
  private final CountDownLatch drainDue = new CountDownLatch(1);

  private final AttachedLanes lanes = new AttachedLanes();
  private final TransferRate rate = new TransferRate();
  private @Nullable String lanesLost;
  private boolean cancelRequested;
  private boolean wasRunning;
  private boolean sendsFirstPages;
  private volatile @Nullable PageLedger ledger;
  private volatile @Nullable DrainCursor cursor;
  private volatile boolean handedOver;

  /** The guest is unloaded by force: whatever happens from now on, it does not come back. */
  private boolean discarded;

  /** The daemon stops, or the guest is given up: nobody runs it here any more. */
  private volatile boolean closing;

  private final Thread conductor;
  private volatile long lastInstructionNanos;
  private volatile long downtimeNanos;
  private volatile long digest;

  SourceMigration(
      MigrationKey key,
      HostedGuest guest,
      String destination,
      String pageServiceAddress,
      long maxBytesInFlight,
      long drainAfterMillis,
      Level phaseLevel) {
    this.key = key;
    this.guest = guest;
    this.destination = destination;
    this.pageServiceAddress = pageServiceAddress;
    this.maxBytesInFlight = maxBytesInFlight;
    this.drainAfterMillis = drainAfterMillis;
    this.tracker = new PhaseTracker(key, Phase.SETUP, System::nanoTime, phaseLevel);
    this.sentences = new SourceSentences(guest.name(), destination);
    this.client = new DestinationClient(destination);
    this.conductor = Thread.ofPlatform().daemon().name("migration").unstarted(this::run);
  }

  @Override
  public MigrationKey key() {
    return key;
  }

  @Override
  public PhaseTracker tracker() {
    return tracker;
  }

  @Override
  public String peer() {
    return destination;
  }

  /**
   * Begins, on a thread of its own. Once.
   *
   * @throws PageFerryException INSUFFICIENT_THREADS if the host allows none; it has failed then
   */
  void start() {
    try {
      conductor.start();
    } catch (OutOfMemoryError e) {
      PageFerryException cause = SourceSentences.noThread(e);
      tracker.enter(Phase.FAILED, cause.code(), cause.getMessage());
      client.closeQuietly();
      throw cause;
    }
  }

  /** Conducts the migration; returns when it is over or paused. */
  private void run() {
    try {
      // The guest stands still while this thread waits for a core.
      ThreadSlice.shorten();
      prepare();
      tracker.enter(Phase.SWITCHOVER);
      freezeGuest();
      PageLedger pages = new PageLedger(guest.memory());
      TransferStateRequest state = state(pages);
      LOG.debug("State of {} bytes is ready after {} ns.", state.getSerializedSize(), sincePause());
      client.transferState(state);
      LOG.debug("The destination has it after {} ns.", sincePause());
      cursor = new DrainCursor(pages);
      ledger = pages;
      giveUpGuest();
    } catch (RuntimeException | Error e) {
      stayHere(e, false);
      return;
    }
    try {
      if (commit()) {
        servePages();
      }
    } catch (RuntimeException | Error e) {
      pauseAfter(e);
    }
  }

  private void pauseAfter(Throwable error) {
    LOG.error("The migration failed at the source after switchover.", error);
    pause(ErrorCode.INTERNAL, sentences.paused("the source failed (" + error + ")"));
  }

  private void pause(ErrorCode code, String sentence) {
    var _ = tracker.tryEnter(Phase.POSTCOPY_PAUSED, code, sentence);
  }

  private void prepare() {
    PrepareResponse response = Preparation.make(client, key, guest, pageServiceAddress);
    sendsFirstPages = response.getTakesFirstPages();
    requireLanes();
  }

  private synchronized void requireLanes() {
    if (lanesLost != null || !lanes.areComplete()) {
      throw new PageFerryException(ErrorCode.LANE_LOST, sentences.notAttached(lanesLost));
    }
  }

  private void freezeGuest() {
    guest.fence().freeze();
    wasRunning = guest.machine().state() == Machine.State.RUNNING;
    guest.machine().pause();
    lastInstructionNanos = System.nanoTime();
  }

  private long sincePause() {
    return System.nanoTime() - lastInstructionNanos;
  }

  private TransferStateRequest state(PageLedger pages) {
    var state = GuestSnapshot.of(guest.machine(), pages, sendsFirstPages);
    return state.setMigration(StatusMessages.ref(key)).setRun(wasRunning).build();
  }

  /** The point of no return: from here on only the destination may run the guest. */
  private synchronized void giveUpGuest() {
    if (cancelRequested) {
      throw new PageFerryException(ErrorCode.CANCELLED, "The migration was cancelled by request.");
    }
    requireLanes();
    guest.fence().giveUp(key.epoch());
    handedOver = true;
  }

  /**
   * The guest was not handed over: it goes on here as if nothing had happened. Once a Commit was
   * sent the destination is told first, so that it never obeys a late one (rule 3).
   */
  private void stayHere(Throwable error, boolean commitWasSent) {
    PageFerryException cause = explain(error);
    String sentence = cause.getMessage();
    try {
      if (commitWasSent) {
        leaveDestination(cause);
        goOn();
      } else {
        goOn();
        leaveDestination(cause);
      }
    } catch (RuntimeException | Error e) {
      LOG.error("The guest does not run on at the source.", e);
      sentence += " The guest does not run on (" + e + "); resume it with: ferry guest resume.";
    }
    Phase end = cause.code() == ErrorCode.CANCELLED ? Phase.CANCELLED : Phase.FAILED;
    tracker.enter(end, cause.code(), sentence);
  }

  private void goOn() {
    guest.fence().comeBack();
    if (wasRunning && !closing && guest.machine().state() != Machine.State.STOPPED) {
      guest.resume();
    }
  }

  private void leaveDestination(PageFerryException cause) {
    try {
      lanes.end(cause);
      client.abort(StatusMessages.ref(key), cause.getMessage());
    } catch (RuntimeException | Error e) {
      LOG.debug("The destination was not told of the abort.", e);
    }
    client.closeQuietly();
  }

  private synchronized PageFerryException explain(Throwable error) {
    if (cancelRequested) {
      return new PageFerryException(
          ErrorCode.CANCELLED, "The migration was cancelled by request.", error);
    }
    if (lanesLost != null) {
      return new PageFerryException(
          ErrorCode.LANE_LOST, "Before switchover " + lanesLost + "; the guest stays here.", error);
    }
    if (error instanceof PageFerryException known) {
      return known;
    }
    LOG.error("The migration failed at the source.", error);
    return new PageFerryException(
        ErrorCode.INTERNAL, "The source failed: " + error + "; its log has the details.", error);
  }

  /** Tells the destination to run; returns whether it does. */
  private boolean commit() {
    for (int attempt = 1; ; attempt++) {
      try {
        CommitResponse response = client.commit(StatusMessages.ref(key));
        downtimeNanos = System.nanoTime() - lastInstructionNanos;
        LOG.debug("The destination entered its vCPUs after {} ns.", response.getResumeNanos());
        return true;
      } catch (RuntimeException | Error e) {
        // What is not the destination's answer proves nothing.
        ErrorCode code = e instanceof PageFerryException known ? known.code() : ErrorCode.INTERNAL;
        if (CommitRefusal.provesThatTheGuestNeverRan(code, attempt) && takeBack()) {
          stayHere(e, true);
          return false;
        }
        if (attempt == COMMIT_ATTEMPTS || isDiscarded()) {
          pause(ErrorCode.HANDOVER_OUTCOME_UNKNOWN, SourceSentences.unknownOutcome(e));
          return false;
        }
        LockSupport.parkNanos(COMMIT_RETRY_NANOS);
      }
    }
  }

  /** The destination will not run the guest: it is this daemon's again, unless it was discarded. */
  private synchronized boolean takeBack() {
    if (!discarded && !closing) {
      handedOver = false;
    }
    return !handedOver;
  }

  private synchronized boolean isDiscarded() {
    return discarded;
  }

  private void servePages() {
    PageLedger pages = frozenPages();
    synchronized (this) {
      if (discarded) {
        return;
      }
      tracker.enter(Phase.POSTCOPY_ACTIVE);
      if (lanesLost != null) {
        tracker.enter(Phase.POSTCOPY_PAUSED, ErrorCode.LANE_LOST, sentences.paused(lanesLost));
      }
    }
    checkComplete();
    try {
      var _ = drainDue.await(drainAfterMillis, TimeUnit.MILLISECONDS);
      startDrain();
      released.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    pages.addUntouchedPages();
    digest = pages.digest();
    synchronized (this) {
      tracker.tryEnter(Phase.COMPLETED, Optional.empty());
      lanes.end();
    }
    client.close();
  }

  private synchronized void startDrain() {
    DrainLane lane = lanes.drain();
    if (released.getCount() > 0 && lanesLost == null && lane != null && !discarded) {
      lane.start(drainCursor(), maxBytesInFlight);
      checkComplete();
    }
  }

  /** Lanes report here after each acknowledgement. Any thread. */
  void checkComplete() {
    PageLedger pages = ledger;
    if (pages != null && pages.isComplete()) {
      released.countDown();
      drainDue.countDown();
    }
  }

  /**
   * The pages of the guest, which must be frozen.
   *
   * @throws PageFerryException WRONG_GUEST_STATE while the guest still runs here
   */
  PageLedger frozenPages() {
    PageLedger pages = ledger;
    if (pages == null || !handedOver) {
      throw new PageFerryException(
          ErrorCode.WRONG_GUEST_STATE,
          "Pages are served only after switchover; the guest still belongs to the source.");
    }
    return pages;
  }

  /** What the drain sends next; urgent lanes tell it of faults. After {@link #frozenPages}. */
  DrainCursor drainCursor() {
    return Objects.requireNonNull(cursor);
  }

  synchronized void attach(DemandLane lane) {
    requireUnderWay();
    lanes.attach(lane, guest.machine().spec().vcpus());
  }

  synchronized void attach(DrainLane lane) {
    requireUnderWay();
    lanes.attach(lane);
  }

  private void requireUnderWay() {
    if (cancelRequested || tracker.phase().isTerminal()) {
      throw new PageFerryException(
          ErrorCode.STALE_MIGRATION,
          "A lane cannot attach: migration " + key.migrationId() + " is over.");
    }
  }

  /** A lane ended by itself. Before switchover the migration fails, after it is paused. */
  synchronized void laneLost(String why) {
    if (lanesLost == null && tracker.phase() != Phase.COMPLETED) {
      lanesLost = why;
      if (!handedOver) {
        client.cancel();
      }
      tracker.tryEnterFrom(
          Phase.POSTCOPY_ACTIVE,
          Phase.POSTCOPY_PAUSED,
          new PhaseTracker.Reason(ErrorCode.LANE_LOST, sentences.paused(why)));
    }
  }

  /**
   * Ends the migration; the guest stays here.
   *
   * @throws PageFerryException TOO_LATE_TO_CANCEL after switchover, NO_MIGRATION once it is over
   */
  synchronized void cancel() {
    if (tracker.phase().isTerminal()) {
      throw new PageFerryException(
          ErrorCode.NO_MIGRATION, "No migration runs; the latest one is " + tracker.phase() + ".");
    }
    if (handedOver) {
      throw new PageFerryException(ErrorCode.TOO_LATE_TO_CANCEL, sentences.tooLateToCancel());
    }
    cancelRequested = true;
    client.cancel();
  }

  /**
   * The daemon is to end: called off if the guest still belongs here, else without further delay.
   */
  synchronized void hurry() {
    drainDue.countDown();
    if (!handedOver && !tracker.phase().isTerminal()) {
      cancel();
    }
  }

  @Override
  public synchronized PageFerryException unloadRefusal() {
    return sentences.unloadRefusal(tracker.phase(), handedOver ? ledger : null);
  }

  @Override
  public Optional<String> loss() {
    if (guest.fence().isHeld()) {
      return guest.machine().state() == Machine.State.STOPPED
          ? Optional.empty()
          : Optional.of(
              "Guest "
                  + guest.name()
                  + " ends with this daemon: a guest does not survive the daemon that holds it.");
    }
    return Optional.of(
        "Pages of guest %s end with this daemon (migration %s): %s"
            .formatted(guest.name(), tracker.phase(), sentences.loss(ledger)));
  }

  @Override
  public void finish(Duration grace) throws InterruptedException {
    hurry();
    var _ = tracker.awaitTerminal(grace);
  }

  @Override
  public MigrationStatus status() {
    return DepartureStatus.of(this, rate);
  }

  @Override
  public long residentBytes() {
    return DepartureStatus.residentBytes(this, guest.memory());
  }

  @Override
  public int bitmaps() {
    return PageLedger.BITMAPS;
  }

  /**
   * Ends the migration in any phase, so that the guest can be unloaded: before switchover it is
   * called off, after it the pages that only this side has are given up. Returns when nothing uses
   * the guest any more. Idempotent.
   *
   * @return what is lost, in a sentence; empty before switchover
   */
  @Override
  public Optional<String> discard() {
    Optional<String> loss = markDiscarded();
    if (loss.isPresent()) {
      lanes.end(
          new PageFerryException(ErrorCode.GUEST_DISCARDED, SourceSentences.discarded(loss.get())));
      close();
    }
    if (conductor.getState() == Thread.State.NEW && tracker.phase().isTerminal()) {
      return loss;
    }
    try {
      if (conductor.join(DISCARD_PATIENCE)) {
        return loss;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    throw new PageFerryException(
        ErrorCode.MIGRATION_IN_PROGRESS,
        "The migration of guest " + guest.name() + " has not ended yet; try again.");
  }

  private synchronized Optional<String> markDiscarded() {
    if (!handedOver) {
      cancelRequested = true;
      client.cancel();
      return Optional.empty();
    }
    discarded = true;
    String loss = sentences.loss(ledger);
    var _ =
        tracker.tryEnter(Phase.FAILED, ErrorCode.GUEST_DISCARDED, SourceSentences.discarded(loss));
    return Optional.of(loss);
  }

  /** Ends connections and {@link #run}: the daemon stops, or the guest is unloaded. */
  @Override
  public void close() {
    closing = true;
    client.closeQuietly();
    conductor.interrupt();
  }

  /** What is known of the pages, once they are frozen. */
  Optional<PageLedger> ledger() {
    return Optional.ofNullable(ledger);
  }

  /** The destination's lanes. */
  AttachedLanes lanes() {
    return lanes;
  }

  /** From the last instruction here to the news of the resumption; 0 until known. */
  long downtimeNanos() {
    return downtimeNanos;
  }

  /** The image digest, complete once the phase is COMPLETED. */
  long digest() {
    return digest;
  }
}
