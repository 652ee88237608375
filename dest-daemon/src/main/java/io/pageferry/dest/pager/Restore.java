package io.pageferry.dest.pager;

import io.grpc.Status;
import io.pageferry.dest.fault.FaultWaiters;
import io.pageferry.dest.handover.HandOver;
import io.pageferry.dest.install.AcknowledgementTicks;
import io.pageferry.dest.install.Acknowledgements;
import io.pageferry.dest.install.PageInstaller;
import io.pageferry.dest.link.LaneListener;
import io.pageferry.dest.link.TargetSession;
import io.pageferry.dest.target.AddressMap;
import io.pageferry.dest.target.Extent;
import io.pageferry.dest.target.FaultReactor;
import io.pageferry.dest.target.TargetMechanism;
import io.pageferry.dest.target.TargetMemory;
import io.pageferry.dest.timing.FaultTimings;
import io.pageferry.fault.GuestPages;
import io.pageferry.host.EndOnce;
import io.pageferry.host.Ending;
import io.pageferry.memory.GuestMemory;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.rpc.loop.DrivenLoop;
import io.pageferry.unixsocket.UnixConnection;
import io.pageferry.userfaultfd.Userfaultfd;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The restoration of an image in one other process. It is prepared before the process is known, so
 * that its first fault waits for nothing but its page: the delivery is open, and the lanes are
 * connected. {@link #take} gives it the process, whose memory it pages until every page is in
 * place; lost lanes are connected again for as long as that takes.
 *
 * <p>Any thread; its monitor orders changes of phase. It owns what was handed over. Until the last
 * page is in place it never closes the userfaultfd by itself: missing pages would be zero.
 */
final class Restore implements LaneListener, FaultReactor.Listener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Restore.class);
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ImageClient client;
  private final PagerConfig config;
  private final OpenedImage image;
  private final Duration drainAfter;
  private final Level phaseLevel;
  private final Consumer<Restore> whenOver;
  private final PhaseTracker tracker;
  private final GuestMemory memory;
  private final TargetMemory target = new TargetMemory();
  private final GuestPages pages;
  private final FaultWaiters waiters = new FaultWaiters(FaultReactor.MOST_TIMED);
  private final FaultTimings timings = new FaultTimings(FaultReactor.MOST_TIMED, true);
  private final Acknowledgements acknowledgements = new Acknowledgements();
  private final PageInstaller installer;
  private final PresentPages books;
  private final DrivenLoop loop = new DrivenLoop("restore-lane");
  private final AcknowledgementTicks ticks = new AcknowledgementTicks();
  private final EndOnce end = new EndOnce();
  private volatile TargetSession session;
  private volatile @Nullable TakenProcess taken;

  /** The process' connection, which tells it how this goes on. */
  private final AtomicReference<@Nullable UnixConnection> peer = new AtomicReference<>();

  private boolean recovering;
  private volatile boolean abandoned;

  /**
   * Opens a delivery and connects its lanes.
   *
   * @param phaseLevel how its phases are logged
   * @param whenOver told once, when nothing is left to do
   * @throws PageFerryException the source's reason
   */
  Restore(
      ImageClient client,
      PagerConfig config,
      Duration drainAfter,
      Level phaseLevel,
      Consumer<Restore> whenOver) {
    this.client = client;
    this.config = config;
    this.drainAfter = drainAfter;
    this.phaseLevel = phaseLevel;
    this.whenOver = whenOver;
    image = OpenedImage.of(client.open(config.image()));
    tracker = new PhaseTracker(image.key(), Phase.ADVISED, System::nanoTime, phaseLevel);
    memory = GuestMemory.anonymous(image.layouts());
    pages = GuestPages.missing(memory, slot -> new TargetMechanism(slot, target));
    installer = new PageInstaller(pages, waiters, acknowledgements);
    books = new PresentPages(installer);
    books.acceptZeroPages(image.response().getContentsList());
    session = connect(image);
    try {
      session.awaitAttached();
    } catch (RuntimeException | Error e) {
      Ending.after(e, this::close);
      throw e;
    }
  }

  private TargetSession connect(OpenedImage opened) {
    try {
      return new TargetSession(
          opened.key(),
          opened.response().getProtocolVersion(),
          client.source(),
          loop,
          installer,
          this);
    } catch (RuntimeException | Error e) {
      Ending.after(e, this::endLoop);
      throw e;
    }
  }

  private void endLoop() {
    var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /**
   * Pages this process from now on.
   *
   * @param connection on which it was handed over, if it was just now; it stays open as long as
   *     this pages, so that the process notices when nobody does any more
   * @throws IllegalArgumentException if its regions are not the image's
   * @throws PageFerryException if the source does not begin; in both cases the hand-over stays the
   *     caller's, who also closes this
   */
  void take(HandOver handOver, @Nullable UnixConnection connection) throws IOException {
    long start = System.nanoTime();
    List<Extent> extents = image.extents(handOver.regions());
    RemovedPagesFile removed = new RemovedPagesFile(config.socket(), handOver.process(), memory);
    books.markOthersPresent(extents);
    Userfaultfd userfaultfd = Userfaultfd.ofDescriptor(handOver.userfaultfd().number());
    target.attach(userfaultfd, new AddressMap(extents), removed.slots());
    client.start(image.key(), books.present(extents), drainAfter.toMillis());
    FaultReactor reactor =
        new FaultReactor(
            "fault-" + handOver.process().pid(),
            target,
            pages,
            waiters,
            timings,
            config.prefetch().create(),
            loop,
            this);
    if (connection != null) {
      var _ = adopt(connection);
    }
    taken = new TakenProcess(handOver, userfaultfd, removed, reactor, start);
    timings.takenOver(start);
    acknowledgements.begin();
    ticks.start(acknowledgements, tracker, pages);
    tracker.enter(Phase.POSTCOPY_ACTIVE);
    reactor.start(handOver.process().descriptor());
    reactor.fetchOn(session.demandLane());
    LOG.atLevel(phaseLevel)
        .log(
            "restore={} process={} state=taken regions={} pages={} after={}us",
            image.key().migrationId(),
            handOver.process().pid(),
            extents.size(),
            pages.pageCount() - pages.presentPages(),
            TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start));
    endIfComplete();
  }

  /**
   * The process has handed its memory over once more, since a pager before this one was killed.
   * From now on it is told there how this goes on.
   *
   * @return false if this is over
   */
  boolean adopt(UnixConnection connection) {
    UnixConnection before = peer.getAndSet(connection);
    if (before != null) {
      before.close();
    }
    return !end.hasBegun();
  }

  /** Whether this pages the process of a hand-over, and the memory that it names. */
  boolean pages(HandOver handOver) {
    TakenProcess now = taken;
    return now != null && now.isOf(handOver);
  }

  @Override
  public void laneEnded(String lane, Status status) {
    if (endIfComplete() || taken == null) {
      return;
    }
    synchronized (this) {
      if (recovering || end.hasBegun()) {
        return;
      }
      recovering = true;
    }
    tracker.tryEnter(
        Phase.POSTCOPY_PAUSED,
        ErrorCode.LANE_LOST,
        "The %s lane to the source was lost: %s".formatted(lane, status.getDescription()));
    var _ = Thread.ofVirtual().name("recover").start(this::recover);
  }

  private void recover() {
    session.close();
    long pause = FIRST_PAUSE_NANOS;
    while (!end.hasBegun() && !target.hasEnded()) {
      // The old lanes' last frames are installed meanwhile.
      LockSupport.parkNanos(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
      try {
        if (endIfComplete() || resume()) {
          return;
        }
      } catch (PageFerryException | IllegalArgumentException e) {
        LOG.debug("The source of the image cannot be reached again yet.", e);
      }
    }
  }

  /** Returns whether nothing is left to be tried. */
  private boolean resume() {
    OpenedImage again = OpenedImage.of(client.open(config.image()));
    if (!again.isSame(image)) {
      tracker.tryEnter(
          Phase.FAILED,
          ErrorCode.STALE_MIGRATION,
          "The image at the source is another one now; who needs a page that is missing waits.");
      return true;
    }
    acknowledgements.startAgain();
    TargetSession next = connect(again);
    session = next;
    try {
      next.awaitAttached();
      tracker.tryEnter(Phase.RECOVERING, Optional.empty());
      client.start(again.key(), books.present(), 0);
    } catch (RuntimeException | Error e) {
      tracker.tryEnter(
          Phase.POSTCOPY_PAUSED, ErrorCode.LANE_LOST, "The source was lost once more.");
      next.close();
      throw e;
    }
    synchronized (this) {
      recovering = false;
    }
    acknowledgements.begin();
    tracker.tryEnter(Phase.POSTCOPY_ACTIVE, Optional.empty());
    TakenProcess now = taken;
    if (now != null) {
      now.reactor().fetchOn(next.demandLane());
    }
    return true;
  }

  @Override
  public void targetEnded() {
    if (endIfComplete()) {
      return;
    }
    tracker.tryEnter(
        Phase.FAILED, ErrorCode.GUEST_DISCARDED, "The process ended before its memory was whole.");
    closeElsewhere();
  }

  @Override
  public void reactorFailed(Throwable cause) {
    tracker.tryEnter(
        Phase.FAILED,
        ErrorCode.INTERNAL,
        "Faults cannot be taken any more (%s); the process waits.".formatted(cause));
  }

  /** Returns whether every page is in place; ends this then. */
  private boolean endIfComplete() {
    TakenProcess now = taken;
    if (now == null || !pages.isComplete()) {
      return false;
    }
    tracker.tryEnter(Phase.COMPLETED, Optional.empty());
    closeElsewhere();
    return true;
  }

  /** Not on the event loop that reports it: closing waits for that loop. */
  private void closeElsewhere() {
    var _ = Thread.ofVirtual().name("restore-end").start(this::close);
  }

  /** It was only an exercise: this ends, and the process goes on, whatever is missing. */
  void abandon() {
    abandoned = true;
    close();
  }

  /** Pages that lie side by side in the image, from {@link #firstOffset} on. */
  long contiguousPages() {
    return memory.slots().getFirst().pageCount();
  }

  /** Where the first slot is in the image. */
  long firstOffset() {
    return image.response().getSlots(0).getImageOffset();
  }

  @Override
  public void close() {
    end.run(this::free);
  }

  private void free() {
    TakenProcess now = taken;
    boolean needless = abandoned || pages.isComplete() || target.hasEnded();
    if (now != null && pages.isComplete()) {
      target.release();
    }
    target.stop();
    Optional<TakenProcess> process = Optional.ofNullable(now);
    Ending.all(
        () -> process.ifPresent(one -> one.reactor().close()),
        session::close,
        ticks::close,
        this::endLoop,
        () -> process.ifPresent(one -> endTaken(one, needless)),
        memory::close,
        () -> whenOver.accept(this));
  }

  private void endTaken(TakenProcess now, boolean needless) {
    LOG.atLevel(phaseLevel)
        .log(
            "restore={} process={} state={} pages={} kept={} zeroed={} first_answer={}us",
            image.key().migrationId(),
            now.pid(),
            tracker.phase(),
            pages.presentPages(),
            target.keptPages(),
            target.zeroedPages(),
            now.firstAnswerMicros());
    UnixConnection told = peer.getAndSet(null);
    if (told != null) {
      told.answer(isWhole() ? "completed" : "failed");
      told.close();
    }
    now.end(needless, !config.guardian().isEmpty());
  }

  /** Whether pages are still missing of a process that has been taken. */
  boolean isIncomplete() {
    return taken != null && !pages.isComplete() && !target.hasEnded();
  }

  /** Whether it can still be given a process. */
  boolean isFresh() {
    return taken == null && !end.hasBegun() && !session.demandLane().isLost();
  }

  /** Whether every page is in place. */
  boolean isWhole() {
    return tracker.phase() == Phase.COMPLETED;
  }

  long missingPages() {
    return end.hasBegun() ? 0 : pages.pageCount() - pages.presentPages();
  }

  /** The process; empty before it is handed over. */
  Optional<Integer> pid() {
    return Optional.ofNullable(taken).map(TakenProcess::pid);
  }

  FaultTimings timings() {
    return timings;
  }

  void finish(Duration grace) throws InterruptedException {
    if (taken != null) {
      var _ = tracker.awaitTerminal(grace);
    }
  }
}
