package io.pageferry.source;

import io.pageferry.daemon.HostedGuest;
import io.pageferry.daemon.StatusMessages;
import io.pageferry.guest.Machine;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.CommitResponse;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.PrepareResponse;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.proto.v1.VersionRange;
import io.pageferry.rpc.ThreadSlice;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
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
final class SourceMigration {
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
  private final DestinationClient client;
  private final CountDownLatch released = new CountDownLatch(1);

  /**
   * Open once the drain is not to wait any longer: its delay is over or cut short, or all is done.
   */
  private final CountDownLatch drainDue = new CountDownLatch(1);

  private final List<DemandLane> demandLanes = new CopyOnWriteArrayList<>();
  private volatile @Nullable DrainLane drainLane;
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
    this.client = new DestinationClient(destination);
    this.conductor = Thread.ofPlatform().daemon().name("migration").unstarted(this::run);
  }

  MigrationKey key() {
    return key;
  }

  PhaseTracker tracker() {
    return tracker;
  }

  String destination() {
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
      PageFerryException cause =
          new PageFerryException(
              ErrorCode.INSUFFICIENT_THREADS,
              "The host lets the source daemon start no more threads, so that the migration could"
                  + " not start; raise its limit (ulimit -u, pids.max of its cgroup, TasksMax= of"
                  + " its unit).",
              e);
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
    var _ =
        tracker.tryEnter(
            Phase.POSTCOPY_PAUSED,
            Optional.of(
                new PhaseTracker.Reason(
                    ErrorCode.INTERNAL, pausedSentence("the source failed (" + error + ")"))));
  }

  private void prepare() {
    PrepareRequest.Builder request =
        PrepareRequest.newBuilder()
            .setMigration(StatusMessages.ref(key))
            .setVersions(
                VersionRange.newBuilder()
                    .setMinimum(ProtocolVersions.SPOKEN.minimum())
                    .setMaximum(ProtocolVersions.SPOKEN.maximum()))
            .setSoftwareVersion(ProtocolVersions.SOFTWARE_VERSION)
            .setGuestName(guest.name())
            .setVcpuCount(guest.machine().spec().vcpus())
            .setPageSizeBytes(PageGeometry.PAGE_SIZE)
            .setPageServiceAddress(pageServiceAddress);
    for (MemorySlot slot : guest.memory().slots()) {
      request.addSlots(
          io.pageferry.proto.v1.MemorySlot.newBuilder()
              .setId(slot.id())
              .setGuestPhysicalAddress(slot.base())
              .setSizeBytes(slot.sizeBytes()));
      request.addExpected(GuestSnapshot.contents(slot));
    }
    PrepareResponse response = client.prepare(request.build());
    ProtocolVersions.SPOKEN.negotiate(
        new ProtocolVersions(response.getProtocolVersion(), response.getProtocolVersion()),
        response.getSoftwareVersion());
    sendsFirstPages = response.getTakesFirstPages();
    requireLanes();
  }

  private synchronized void requireLanes() {
    if (lanesLost != null || demandLanes.isEmpty() || drainLane == null) {
      throw new PageFerryException(
          ErrorCode.LANE_LOST,
          "The destination "
              + destination
              + " is prepared but its lanes are not attached"
              + (lanesLost == null ? "." : ": " + lanesLost + "."));
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
    return GuestSnapshot.of(guest.machine(), pages, sendsFirstPages)
        .setMigration(StatusMessages.ref(key))
        .setRun(wasRunning)
        .build();
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
      closeLanes(cause);
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
        if (provesThatTheGuestNeverRan(code, attempt) && takeBack()) {
          stayHere(e, true);
          return false;
        }
        if (attempt == COMMIT_ATTEMPTS || isDiscarded()) {
          outcomeUnknown(e);
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

  private void outcomeUnknown(Throwable error) {
    var _ =
        tracker.tryEnter(
            Phase.POSTCOPY_PAUSED,
            Optional.of(
                new PhaseTracker.Reason(
                    ErrorCode.HANDOVER_OUTCOME_UNKNOWN,
                    "The source gave the guest up and cannot learn whether the destination runs it"
                        + " ("
                        + error.getMessage()
                        + "); it stays stopped here, with every page kept.")));
  }

  /**
   * Whether an error of Commit means that the destination does not run the guest and never will
   * (rule 3). Once an attempt went unanswered that one may have been obeyed: a destination that no
   * longer knows the migration has then perhaps run the guest and lost or unloaded it since. Only
   * one that remembers the migration, and that it was not committed, is believed.
   */
  private static boolean provesThatTheGuestNeverRan(ErrorCode code, int attempt) {
    return switch (code) {
      // No answer, or this side's own end of the call.
      case DESTINATION_UNREACHABLE, INTERNAL, CANCELLED, SHUTTING_DOWN -> false;
      case WRONG_GUEST_STATE -> true;
      default -> attempt == 1;
    };
  }

  private void servePages() {
    PageLedger pages = frozenPages();
    synchronized (this) {
      if (discarded) {
        return;
      }
      tracker.enter(Phase.POSTCOPY_ACTIVE);
      if (lanesLost != null) {
        tracker.enter(Phase.POSTCOPY_PAUSED, ErrorCode.LANE_LOST, pausedSentence(lanesLost));
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
      endLanes();
    }
    client.close();
  }

  private synchronized void startDrain() {
    DrainLane lane = drainLane;
    if (released.getCount() > 0 && lanesLost == null && lane != null && !discarded) {
      lane.start(drainCursor(), maxBytesInFlight);
      checkComplete();
    }
  }

  private String pausedSentence(String why) {
    return "After switchover "
        + why
        + "; the source keeps every page that is not acknowledged, the guest waits at the"
        + " destination.";
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

  void checkVersion(int version) {
    if (version < ProtocolVersions.SPOKEN.minimum()
        || version > ProtocolVersions.SPOKEN.maximum()) {
      throw new PageFerryException(
          ErrorCode.VERSION_MISMATCH,
          "A lane asks for protocol version " + version + ", which this source does not speak.");
    }
  }

  synchronized void attach(DemandLane lane) {
    requireUnderWay();
    if (demandLanes.size() == guest.machine().spec().vcpus()) {
      throw alreadyAttached("an urgent lane for every vCPU");
    }
    demandLanes.add(lane);
  }

  synchronized void attach(DrainLane lane) {
    requireUnderWay();
    if (drainLane != null) {
      throw alreadyAttached("its drain lane");
    }
    drainLane = lane;
  }

  private void requireUnderWay() {
    if (cancelRequested || tracker.phase().isTerminal()) {
      throw new PageFerryException(
          ErrorCode.STALE_MIGRATION,
          "A lane cannot attach: migration " + key.migrationId() + " is over.");
    }
  }

  private static PageFerryException alreadyAttached(String what) {
    return new PageFerryException(
        ErrorCode.LANE_ALREADY_ATTACHED, "The migration has " + what + " already.");
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
          new PhaseTracker.Reason(ErrorCode.LANE_LOST, pausedSentence(why)));
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
      throw new PageFerryException(
          ErrorCode.TOO_LATE_TO_CANCEL,
          "The guest already belongs to the destination "
              + destination
              + "; a migration can be cancelled until switchover. If that destination is lost, give"
              + " the guest up with: ferry guest unload --force.");
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

  private synchronized void closeLanes(PageFerryException cause) {
    demandLanes.forEach(urgent -> urgent.end(cause));
    DrainLane lane = drainLane;
    if (lane != null) {
      lane.end(cause);
    }
  }

  private void endLanes() {
    demandLanes.forEach(DemandLane::end);
    DrainLane lane = drainLane;
    if (lane != null) {
      lane.end();
    }
  }

  /** What only this daemon has once the guest is handed over, as a sentence. */
  String loss() {
    PageLedger pages = ledger;
    if (pages == null) {
      return "Guest %s is at this daemon alone.".formatted(guest.name());
    }
    long kept = pages.totalPages() - pages.untouchedPages() - pages.releasedPages();
    return kept == 0
        ? "Every page of guest %s has arrived at %s.".formatted(guest.name(), destination)
        : "%d of %d pages of guest %s are only here, and the guest at %s cannot go on without them."
            .formatted(kept, pages.totalPages(), guest.name(), destination);
  }

  /** Why the guest cannot be unloaded while this runs, what would be lost, and how it goes. */
  synchronized PageFerryException unloadRefusal() {
    String why =
        handedOver
            ? loss() + " Wait until the migration is complete, or give the pages up for good with:"
            : "Call the migration off with: ferry cancel. To lose the guest as well:";
    return new PageFerryException(
        ErrorCode.MIGRATION_IN_PROGRESS,
        "Guest %s cannot be unloaded while its migration to %s is %s. %s ferry guest unload --force."
            .formatted(guest.name(), destination, tracker.phase(), why));
  }

  /**
   * Ends the migration in any phase, so that the guest can be unloaded: before switchover it is
   * called off, after it the pages that only this side has are given up. Returns when nothing uses
   * the guest any more. Idempotent.
   *
   * @return what is lost, in a sentence; empty before switchover
   */
  Optional<String> discard() {
    Optional<String> loss = markDiscarded();
    if (loss.isPresent()) {
      closeLanes(new PageFerryException(ErrorCode.GUEST_DISCARDED, discardedSentence(loss.get())));
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
    String loss = loss();
    var _ =
        tracker.tryEnter(
            Phase.FAILED,
            Optional.of(
                new PhaseTracker.Reason(ErrorCode.GUEST_DISCARDED, discardedSentence(loss))));
    return Optional.of(loss);
  }

  private static String discardedSentence(String loss) {
    return "The guest was unloaded at the source by force. " + loss;
  }

  /** Ends connections and {@link #run}; the daemon stops. */
  void close() {
    closing = true;
    client.closeQuietly();
    conductor.interrupt();
  }

  /** What is known of the pages, once they are frozen. */
  Optional<PageLedger> ledger() {
    return Optional.ofNullable(ledger);
  }

  long demandBytes() {
    return demandLanes.stream().mapToLong(DemandLane::bytesSent).sum();
  }

  long drainBytes() {
    DrainLane lane = drainLane;
    return lane == null ? 0 : lane.bytesSent();
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
