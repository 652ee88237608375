package io.pageferry.dest;

import io.grpc.Status;
import io.pageferry.daemon.guest.FaultPart;
import io.pageferry.daemon.guest.GuestMigration;
import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.daemon.guest.VcpuFaults;
import io.pageferry.dest.fault.FaultResolver;
import io.pageferry.dest.fault.FaultWaiters;
import io.pageferry.dest.install.AcknowledgementTicks;
import io.pageferry.dest.install.Acknowledgements;
import io.pageferry.dest.install.PageInstaller;
import io.pageferry.dest.link.LaneListener;
import io.pageferry.dest.link.Session;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.dest.timing.FaultTimings;
import io.pageferry.dest.timing.Resumption;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.guest.Machine;
import io.pageferry.host.EndOnce;
import io.pageferry.host.Ending;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.SlowFault;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.telemetry.LatencyCounts;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * One migration as the destination sees it: memory with every page missing, lanes connected, state
 * loaded, committed, complete.
 *
 * <p>It holds what outlives a connection: which pages are here, who waits, what is to be
 * acknowledged, phase and fence. The lanes are its {@link Session}'s.
 *
 * <p>Control methods are called by RPC threads, lane ends by event loops; this object's monitor
 * orders them. Owns pages, their memory, machine and session until it is closed.
 */
public final class IncomingMigration
    implements GuestMigration.Arrival, LaneListener, AutoCloseable {
  private final MigrationKey key;
  private final String name;
  private final String source;
  private final int vcpus;
  private final PhaseTracker tracker;
  private final FaultTimings timings;
  private final GuestPages pages;
  private final Acknowledgements acknowledgements = new Acknowledgements();
  private final PageInstaller installer;
  private final FaultResolver resolver;
  private final Session session;
  private final Resumption resumption = new Resumption();
  private final IncomingStatus status;
  private final AcknowledgementTicks ticks = new AcknowledgementTicks();
  private final AbortedMigrations aborted;
  private final EndOnce end = new EndOnce();
  private boolean lanesAttached;
  private @Nullable String laneFailure;
  private int endedLanes;
  private volatile @Nullable ArrivingGuest arriving;
  private volatile boolean committed;
  private long resumeNanos;

  /**
   * Connects the lanes to the source.
   *
   * @throws PageFerryException LANE_LOST or the source's reason; nothing is left behind
   */
  IncomingMigration(
      MigrationKey key,
      String name,
      String source,
      int protocolVersion,
      int vcpus,
      GuestPages pages,
      MechanismChoice mechanism,
      PrefetchPolicy.Kind prefetch,
      FaultTimings timings,
      Level phaseLevel,
      AbortedMigrations aborted) {
    this.key = key;
    this.name = name;
    this.aborted = aborted;
    this.source = source;
    this.vcpus = vcpus;
    this.pages = pages;
    this.timings = timings;
    tracker = new PhaseTracker(key, Phase.ADVISED, System::nanoTime, phaseLevel);
    FaultWaiters waiters = new FaultWaiters(vcpus);
    installer = new PageInstaller(pages, waiters, acknowledgements);
    resolver = new FaultResolver(pages, waiters, vcpus, prefetch, timings);
    int lanes = vcpus + FaultResolver.DEVICE_THREADS;
    session = new Session(key, protocolVersion, source, lanes, installer, this);
    status =
        new IncomingStatus(
            key, source, mechanism, tracker, installer, session, timings, resumption);
  }

  /**
   * Waits until the source has accepted every lane.
   *
   * @throws PageFerryException the source's reason, or LANE_LOST; the caller then closes this
   */
  void awaitLanes() {
    // Before the guest's state comes: after Commit nothing may be left that can fail.
    ticks.start(acknowledgements, tracker, pages);
    resolver.fetchOn(session.demandLanes(), failureOf("fault"));
    session.awaitAttached();
    synchronized (this) {
      if (laneFailure != null) {
        throw new PageFerryException(ErrorCode.LANE_LOST, laneFailure);
      }
      lanesAttached = true;
    }
  }

  @Override
  public MigrationKey key() {
    return key;
  }

  @Override
  public String peer() {
    return source;
  }

  @Override
  public PhaseTracker tracker() {
    return tracker;
  }

  @Override
  public VcpuFaults vcpuFaults() {
    return timings;
  }

  @Override
  public LatencyCounts faultLatency(FaultPart part) {
    return timings.counts(part);
  }

  @Override
  public LatencyCounts asynchronousFaultLatency() {
    return timings.asynchronous();
  }

  @Override
  public List<SlowFault> slowestFaults(int limit) {
    return timings.slowest(limit);
  }

  @Override
  public int bitmaps() {
    return pages.bitsPerPage();
  }

  @Override
  public Optional<HostedGuest> guest() {
    return Optional.ofNullable(arriving).map(ArrivingGuest::guest);
  }

  GuestPages pages() {
    return pages;
  }

  /**
   * Loads the state of the paused guest; it does not run yet.
   *
   * @throws PageFerryException MALFORMED_STATE if state or zero-page map cannot be right,
   *     WRONG_GUEST_STATE if they came before, INSUFFICIENT_THREADS if not every vCPU can have one
   */
  synchronized void loadState(TransferStateRequest request) {
    if (arriving != null) {
      throw Refusals.stateIsHere();
    }
    requireAdvised();
    arriving = ArrivingGuest.load(request, key, name, vcpus, installer, resolver);
  }

  private void requireAdvised() {
    if (tracker.phase() != Phase.ADVISED || end.hasBegun()) {
      throw Refusals.neverCommitted(key, tracker.phase());
    }
  }

  /**
   * Takes the guest and runs it. Idempotent.
   *
   * @return time from the call to the first vCPU's entry, in nanoseconds
   * @throws PageFerryException WRONG_GUEST_STATE if the state is not here or the migration was
   *     aborted; the guest then does not run here, and never will under this epoch
   */
  synchronized long commit() {
    long start = System.nanoTime();
    if (committed) {
      return resumeNanos;
    }
    requireAdvised();
    ArrivingGuest arrived = arriving;
    if (arrived == null) {
      throw Refusals.stateIsMissing();
    }
    boolean runs = arrived.runs();
    arrived.guest().fence().take(key.epoch());
    timings.takenOver(start);
    // INVARIANT: from here on the guest is this daemon's, and whatever fails, Commit says so.
    committed = true;
    acknowledgements.begin();
    if (runs) {
      arrived.resume();
    }
    long resumed = System.nanoTime();
    resumeNanos = resumed - start;
    tracker.enter(Phase.POSTCOPY_ACTIVE);
    if (runs) {
      resumption.resumed(resumed, arrived.guest().machine().vcpus());
    }
    return resumeNanos;
  }

  /** Forgets the migration before it is committed; told by the source or by a lost lane. */
  void abort(Phase end, ErrorCode code, String reason) {
    synchronized (this) {
      if (committed) {
        throw Refusals.committed(key);
      }
      if (tracker.tryEnter(end, code, reason)) {
        aborted.add(key);
      }
    }
    close();
  }

  /** Whether it is closed, perhaps while it is still prepared. */
  boolean isClosed() {
    return end.hasBegun();
  }

  @Override
  public boolean isCommitted() {
    return committed;
  }

  @Override
  public synchronized PageFerryException unloadRefusal() {
    String loss = committed ? installer.missing(source) : null;
    return Refusals.unloadMeanwhile(name, source, tracker.phase(), loss);
  }

  /**
   * Ends the migration in any phase; the owner then closes this.
   *
   * @return what is lost, in a sentence; empty if the guest is still at the source
   */
  @Override
  public synchronized Optional<String> discard() {
    Optional<String> loss = Optional.empty();
    if (committed) {
      loss = Optional.of(Reasons.ended(name, installer.missing(source)));
    } else {
      aborted.add(key);
    }
    var _ = tracker.tryEnter(Phase.FAILED, Optional.of(Reasons.discarded(loss)));
    return loss;
  }

  @Override
  public void laneEnded(String lane, Status status) {
    if (committed && pages.isComplete()) {
      resolver.complete();
    }
    if (missesPages(lane, status)) {
      resolver.laneLost();
    }
  }

  /** Whether pages had not all come, and the guest runs here. */
  private boolean missesPages(String lane, Status status) {
    boolean abandoned = false;
    boolean missed = false;
    synchronized (this) {
      if (!lanesAttached) {
        laneFailure = "The " + lane + " lane was lost: " + status.getDescription();
        return false;
      }
      endedLanes++;
      if (!committed) {
        // Decided here, so that a Commit that comes now is refused.
        abandoned =
            tracker.phase() == Phase.ADVISED
                && tracker.tryEnter(
                    Phase.FAILED, Optional.of(Reasons.lostBeforeSwitchover(lane, status)));
        if (abandoned) {
          aborted.add(key);
        }
      } else if (pages.isComplete()) {
        tracker.tryEnter(Phase.COMPLETED, Optional.empty());
        if (status.isOk() || endedLanes == session.lanes()) {
          // The source has every acknowledgement, or cannot get any; other lanes may carry some.
          closeLanes();
        }
      } else {
        missed = true;
        tracker.tryEnterFrom(
            Phase.POSTCOPY_ACTIVE,
            Phase.POSTCOPY_PAUSED,
            Reasons.lostAfterSwitchover(lane, status));
      }
    }
    if (abandoned) {
      // Not on the event loop that reports it: closing waits for that loop's lane.
      ticks.executeElsewhere(this::close);
    }
    return missed;
  }

  private void closeLanes() {
    Ending.all(session::close, ticks::close);
  }

  @Override
  public long populatedBytes() {
    return pages.memory().residentBytes();
  }

  @Override
  public long residentBytes() {
    return status.residentBytes();
  }

  @Override
  public MigrationStatus status() {
    return status.toMessage();
  }

  /** Forgets a migration that is not committed, and waits for one that is. */
  @Override
  public void finish(Duration grace) throws InterruptedException {
    if (isAbandoned()) {
      // Its memory is freed meanwhile, which takes a while.
      ticks.executeElsewhere(this::close);
    } else {
      var _ = tracker.awaitTerminal(grace);
    }
  }

  /** Forgets it, if it is not committed. */
  private synchronized boolean isAbandoned() {
    if (!committed && tracker.tryEnter(Phase.FAILED, Optional.of(Reasons.shuttingDown()))) {
      aborted.add(key);
    }
    return !committed;
  }

  /** What ends with this daemon: the guest, once it is committed and unless it has ended itself. */
  @Override
  public Optional<String> loss() {
    HostedGuest here = guest().orElse(null);
    if (here == null || !committed || here.machine().state() == Machine.State.STOPPED) {
      return Optional.empty();
    }
    return Optional.of(Reasons.loss(here.name(), tracker.phase(), installer.missing(source)));
  }

  /** Ends lanes and machine and unmaps the memory. Whoever comes second waits for the first. */
  @Override
  public void close() {
    end.run(this::free);
  }

  private void free() {
    ArrivingGuest here = takeArriving();
    // First the machine stands still: without traps it would run on over memory that has not come.
    // It ends before the lanes, which vCPUs may be on, and they before what they fill pages with.
    Ending.all(
        status::keep,
        () -> Optional.ofNullable(here).ifPresent(ArrivingGuest::pause),
        resolver::close,
        pages::disableTraps,
        () -> Optional.ofNullable(here).ifPresent(ArrivingGuest::stop),
        this::closeLanes,
        pages::close,
        pages.memory()::close);
  }

  private synchronized @Nullable ArrivingGuest takeArriving() {
    ArrivingGuest here = arriving;
    arriving = null;
    return here;
  }
}
