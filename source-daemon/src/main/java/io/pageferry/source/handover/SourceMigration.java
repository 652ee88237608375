package io.pageferry.source.handover;

import io.pageferry.daemon.guest.GuestMigration;
import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.daemon.guest.TransferRate;
import io.pageferry.host.Ending;
import io.pageferry.host.ThreadSlice;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.source.image.Delivery;
import io.pageferry.source.image.FrozenImage;
import io.pageferry.source.serve.Session;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * One migration as the source conducts it: prepare the destination, pause, hand over, then serve
 * pages until every one is acknowledged.
 *
 * <p>{@link #run} is the whole story, on a thread of its own. The lanes of its {@link Session}
 * report from their event loops; {@link #cancel} may come from any thread until the point of no
 * return, which {@link #giveUpGuest} passes.
 */
public final class SourceMigration implements GuestMigration, Session.Owner {
  private static final Logger LOG = LoggerFactory.getLogger(SourceMigration.class);
  private static final Duration DISCARD_PATIENCE = Duration.ofSeconds(8);

  private final HostedGuest guest;
  private final MigrationPlan plan;
  private final PhaseTracker tracker;
  private final SourceSentences sentences;
  private final DestinationClient client;
  private final Session session;
  private final GuestFreeze freeze;
  private final Postcopy postcopy;
  private final TransferRate rate = new TransferRate();
  private final Thread conductor;
  private volatile boolean cancelRequested;
  private boolean handedOver;

  /** The pages on their way; null until the guest is frozen. */
  private volatile @Nullable Delivery delivery;

  /** The guest is unloaded by force: whatever happens from now on, it does not come back. */
  private volatile boolean discarded;

  /** The daemon stops, or the guest is given up: nobody runs it here any more. */
  private volatile boolean closing;

  private volatile long downtimeNanos;
  private volatile long digest;

  /**
   * A migration that is to start.
   *
   * @param phaseLevel how its phases are logged
   */
  public SourceMigration(HostedGuest guest, MigrationPlan plan, Level phaseLevel) {
    this.guest = guest;
    this.plan = plan;
    this.tracker = new PhaseTracker(plan.key(), Phase.SETUP, System::nanoTime, phaseLevel);
    this.sentences = new SourceSentences(guest.name(), plan.destination());
    this.client = new DestinationClient(plan.destination());
    this.session =
        new Session(plan.key(), guest.machine().spec().vcpus(), plan.answerDelayNanos(), this);
    this.freeze = new GuestFreeze(guest);
    this.postcopy = new Postcopy(plan.maxBytesInFlight(), plan.drainAfterMillis());
    this.conductor = Thread.ofPlatform().daemon().name("migration").unstarted(this::run);
  }

  @Override
  public MigrationKey key() {
    return plan.key();
  }

  @Override
  public PhaseTracker tracker() {
    return tracker;
  }

  @Override
  public String peer() {
    return plan.destination();
  }

  /** The destination's lanes. */
  public Session session() {
    return session;
  }

  /** How far the destination has the pages, once they are frozen. */
  public Optional<Delivery> delivery() {
    return Optional.ofNullable(delivery);
  }

  /**
   * Begins, on a thread of its own. Once.
   *
   * @throws PageFerryException INSUFFICIENT_THREADS if the host allows none; it has failed then
   */
  public void start() {
    try {
      conductor.start();
    } catch (OutOfMemoryError e) {
      PageFerryException cause = SourceSentences.noThread(e);
      tracker.enter(Phase.FAILED, cause.code(), cause.getMessage());
      session.end(cause);
      client.closeQuietly();
      throw cause;
    }
  }

  /** Conducts the migration; returns when it is over or paused. */
  private void run() {
    try {
      // The guest stands still while this thread waits for a core.
      ThreadSlice.shorten();
      boolean withFirstPages = Preparation.make(client, plan, guest).getTakesFirstPages();
      sentences.requireAttached(session);
      tracker.enter(Phase.SWITCHOVER);
      freeze.begin();
      Delivery pages = new FrozenImage(guest.memory()).newDelivery();
      transferState(pages, withFirstPages);
      delivery = pages;
      giveUpGuest(pages);
    } catch (RuntimeException | Error e) {
      stayHere(e, false);
      return;
    }
    try {
      if (commit()) {
        servePages();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      pause(ErrorCode.INTERNAL, sentences.paused("the source failed (" + e + ")"));
      LOG.error("The migration failed at the source after switchover.", e);
    }
  }

  private void pause(ErrorCode code, String sentence) {
    var _ = tracker.tryEnter(Phase.POSTCOPY_PAUSED, code, sentence);
  }

  private void transferState(Delivery pages, boolean withFirstPages) {
    TransferStateRequest state =
        freeze.state(pages, withFirstPages).setMigration(StatusMessages.ref(plan.key())).build();
    LOG.debug(
        "State of {} bytes: ready after {} ns.", state.getSerializedSize(), freeze.ageNanos());
    client.transferState(state);
    LOG.debug("The destination has it after {} ns.", freeze.ageNanos());
  }

  /** The point of no return: from here on only the destination may run the guest. */
  private synchronized void giveUpGuest(Delivery pages) {
    if (cancelRequested) {
      throw SourceSentences.cancelled(null);
    }
    sentences.requireAttached(session);
    guest.fence().giveUp(plan.key().epoch());
    handedOver = true;
    session.serve(pages);
  }

  /**
   * The guest was not handed over: it goes on here as if nothing had happened. Once a Commit was
   * sent the destination is told first, so that it never obeys a late one (rule 3).
   */
  private void stayHere(Throwable error, boolean commitWasSent) {
    try {
      comeBack(error, commitWasSent);
    } catch (RuntimeException | Error e) {
      // Whatever fails here, nobody is to wait for this migration.
      freeze.end(!closing && !commitWasSent);
      var _ = tracker.tryEnter(Phase.FAILED, ErrorCode.INTERNAL, SourceSentences.FAILED_TWICE);
      throw e;
    }
  }

  private void comeBack(Throwable error, boolean commitWasSent) {
    PageFerryException cause =
        SourceSentences.notHandedOver(error, cancelRequested, session.lost());
    delivery().ifPresent(Delivery::drop);
    String sentence = cause.getMessage();
    try {
      if (commitWasSent) {
        leaveDestination(cause);
        freeze.end(!closing);
      } else {
        freeze.end(!closing);
        leaveDestination(cause);
      }
    } catch (RuntimeException | Error e) {
      LOG.error("The guest does not run on at the source.", e);
      sentence += " The guest does not run on (" + e + "); resume it with: ferry guest resume.";
    }
    Phase end = cause.code() == ErrorCode.CANCELLED ? Phase.CANCELLED : Phase.FAILED;
    tracker.enter(end, cause.code(), sentence);
  }

  private void leaveDestination(PageFerryException cause) {
    try {
      session.end(cause);
      client.abort(StatusMessages.ref(plan.key()), cause.getMessage());
    } catch (RuntimeException | Error e) {
      LOG.debug("The destination was not told of the abort.", e);
    }
    client.closeQuietly();
  }

  /** Tells the destination to run; returns whether it does. */
  private boolean commit() {
    Commit.Failure failure = Commit.ask(client, StatusMessages.ref(plan.key()), () -> discarded);
    if (failure == null) {
      downtimeNanos = freeze.ageNanos();
      return true;
    }
    if (failure.guestNeverRan() && takeBack()) {
      stayHere(failure.error(), true);
    } else {
      pause(ErrorCode.HANDOVER_OUTCOME_UNKNOWN, SourceSentences.unknownOutcome(failure.error()));
    }
    return false;
  }

  /** The destination will not run the guest: it is this daemon's again, unless it was discarded. */
  private synchronized boolean takeBack() {
    if (!discarded && !closing) {
      handedOver = false;
      session.withhold();
    }
    return !handedOver;
  }

  private void servePages() throws InterruptedException {
    synchronized (this) {
      if (discarded) {
        return;
      }
      tracker.enter(Phase.POSTCOPY_ACTIVE);
      String lost = session.lost();
      if (lost != null) {
        tracker.enter(Phase.POSTCOPY_PAUSED, ErrorCode.LANE_LOST, sentences.paused(lost));
      }
    }
    Delivery pages = Objects.requireNonNull(delivery);
    postcopy.serve(pages, session);
    digest = pages.imageDigest();
    tracker.tryEnter(Phase.COMPLETED, Optional.empty());
    // It never runs here again: neither threads nor memory nor a backing file are kept for it.
    Ending.all(session::end, client::close, guest::close);
  }

  @Override
  public void delivered() {
    postcopy.delivered();
  }

  /** Before switchover the migration fails, after it is paused. */
  @Override
  public synchronized void laneLost(String why) {
    if (!handedOver) {
      client.cancel();
    }
    tracker.tryEnterFrom(
        Phase.POSTCOPY_ACTIVE,
        Phase.POSTCOPY_PAUSED,
        new PhaseTracker.Reason(ErrorCode.LANE_LOST, sentences.paused(why)));
  }

  /**
   * Ends the migration; the guest stays here.
   *
   * @throws PageFerryException TOO_LATE_TO_CANCEL after switchover, NO_MIGRATION once it is over
   */
  public synchronized void cancel() {
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

  @Override
  public synchronized PageFerryException unloadRefusal() {
    return sentences.unloadRefusal(tracker.phase(), handedOver ? delivery : null);
  }

  @Override
  public Optional<String> loss() {
    return sentences.lossWithDaemon(guest, tracker.phase(), delivery);
  }

  @Override
  public void finish(Duration grace) throws InterruptedException {
    postcopy.hurry();
    synchronized (this) {
      if (!handedOver && !tracker.phase().isTerminal()) {
        cancel();
      }
    }
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
    return FrozenImage.bitmaps(1);
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
      session.end(
          new PageFerryException(ErrorCode.GUEST_DISCARDED, SourceSentences.discarded(loss.get())));
      close();
    }
    if (!hasEnded()) {
      throw sentences.notEndedYet();
    }
    return loss;
  }

  private boolean hasEnded() {
    if (conductor.getState() == Thread.State.NEW) {
      return tracker.phase().isTerminal();
    }
    try {
      return conductor.join(DISCARD_PATIENCE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private synchronized Optional<String> markDiscarded() {
    if (!handedOver) {
      cancelRequested = true;
      client.cancel();
      return Optional.empty();
    }
    discarded = true;
    String loss = sentences.loss(delivery);
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

  /** From the last instruction here to the news of the resumption; 0 until known. */
  public long downtimeNanos() {
    return downtimeNanos;
  }

  /** The image digest, complete once the phase is COMPLETED. */
  public long digest() {
    return digest;
  }
}
