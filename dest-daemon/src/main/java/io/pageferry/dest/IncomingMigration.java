package io.pageferry.dest;

import io.grpc.Status;
import io.pageferry.daemon.FaultPart;
import io.pageferry.daemon.GuestMigration;
import io.pageferry.daemon.HostedGuest;
import io.pageferry.daemon.StatusMessages;
import io.pageferry.daemon.TransferRate;
import io.pageferry.daemon.VcpuFaults;
import io.pageferry.guest.Machine;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.machine.Machines;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.ExecutionFence;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.proto.v1.Direction;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.SlowFault;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.rpc.Ending;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.telemetry.LatencyCounts;
import io.pageferry.wire.PageMethods;
import io.pageferry.wire.PageSink;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * One migration as the destination sees it: memory with every page faulting, lanes connected, state
 * loaded, committed, complete.
 *
 * <p>Control methods are called by RPC threads, lane ends by event loops; this object's monitor
 * orders them. Owns memory, machine and lanes until it is closed.
 */
public final class IncomingMigration implements GuestMigration.Arrival, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IncomingMigration.class);
  private static final long LANE_TIMEOUT_MILLIS = 5_000;

  /** Bitmaps kept for each page: userfault, claimed, wanted, written. */
  static final int BITMAPS = 4;

  private final MigrationKey key;
  private final String source;
  private final int vcpus;
  private final PhaseTracker tracker;
  private final GuestMemory memory;
  private final FaultTimings timings;
  private final PageInstaller installer;
  private final PageSink demandSink;
  private final FaultResolver resolver;
  private final Acknowledgements acknowledgements;
  private final List<UrgentLane> urgentLanes = new ArrayList<>();
  private final Lane<DrainRequest> drainLane;
  private final AcknowledgementTicks ticks = new AcknowledgementTicks();
  private final TransferRate rate = new TransferRate();
  private final AbortedMigrations aborted;

  private boolean lanesAttached;
  private @Nullable String laneFailure;
  private volatile @Nullable HostedGuest guest;
  private boolean run;
  private volatile boolean closed;
  private volatile boolean committed;
  private long resumeNanos;
  private final FirstInstruction firstInstruction = new FirstInstruction();

  /**
   * Maps memory, connects the lanes to the source.
   *
   * @throws PageFerryException LANE_LOST or the source's reason; nothing is left behind
   */
  IncomingMigration(
      MigrationKey key,
      String source,
      int protocolVersion,
      int vcpus,
      GuestMemory memory,
      PrefetchPolicy.Kind prefetch,
      FaultTimings timings,
      Level phaseLevel,
      AbortedMigrations aborted) {
    this.key = key;
    this.aborted = aborted;
    this.source = source;
    this.vcpus = vcpus;
    this.memory = memory;
    this.timings = timings;
    tracker = new PhaseTracker(key, Phase.ADVISED, System::nanoTime, phaseLevel);
    memory.slots().forEach(MemorySlot::enableUserfault);
    FaultWaiters waiters =
        new FaultWaiters(vcpus, (vcpu, waiter) -> urgentLanes.get(vcpu).wake(waiter));
    acknowledgements = new Acknowledgements(this::sendOnDrainLane);
    installer = new PageInstaller(memory, waiters, acknowledgements, this::allPresent);
    LaneHello hello =
        LaneHello.newBuilder()
            .setMigration(StatusMessages.ref(key))
            .setProtocolVersion(protocolVersion)
            .build();
    demandSink = installer.sink(PageInstaller.Origin.DEMAND);
    try {
      for (int vcpu = 0; vcpu < vcpus; vcpu++) {
        urgentLanes.add(
            new UrgentLane(vcpu, source, memory, demandSink, hello, this::endedByItself));
      }
      resolver = new FaultResolver(memory, waiters, urgentLanes, prefetch, timings);
      drainLane =
          new Lane<>(
              "drain",
              source,
              new RpcChannel("drain-lane", source, true),
              PageMethods.calledDrain(memory, installer.sink(PageInstaller.Origin.DRAIN)),
              DrainRequest.newBuilder().setHello(hello).build(),
              this::endedByItself);
    } catch (RuntimeException | Error e) {
      Ending.after(e, this::closeUrgentLanes, ticks::close);
      throw e;
    }
  }

  /**
   * Waits until the source has accepted every lane.
   *
   * @throws PageFerryException the source's reason, or LANE_LOST; the caller then closes this
   */
  void awaitLanes() {
    // Before the guest's state comes: after Commit nothing may be left that can fail.
    ticks.start(this::allPresent, tracker);
    urgentLanes.forEach(lane -> lane.awaitAttached(LANE_TIMEOUT_MILLIS));
    drainLane.awaitAttached(LANE_TIMEOUT_MILLIS);
    synchronized (this) {
      if (laneFailure != null) {
        throw new PageFerryException(ErrorCode.LANE_LOST, laneFailure);
      }
      lanesAttached = true;
    }
  }

  private void sendOnDrainLane(DrainRequest message) {
    drainLane.send(message);
  }

  private void allPresent() {
    // Before that the source takes no acknowledgement, and may still run the guest on.
    if (committed) {
      acknowledgements.flush();
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
  public long faults() {
    return timings.faults();
  }

  @Override
  public List<SlowFault> slowestFaults(int limit) {
    return timings.slowest(limit);
  }

  @Override
  public int bitmaps() {
    return BITMAPS;
  }

  @Override
  public Optional<HostedGuest> guest() {
    return Optional.ofNullable(guest);
  }

  GuestMemory memory() {
    return memory;
  }

  /**
   * Loads the state of the paused guest; it does not run yet.
   *
   * @throws PageFerryException MALFORMED_STATE if state or zero-page map cannot be right,
   *     WRONG_GUEST_STATE if they came before, INSUFFICIENT_THREADS if not every vCPU can have one
   */
  synchronized void loadState(TransferStateRequest request) {
    if (guest != null) {
      throw new PageFerryException(
          ErrorCode.WRONG_GUEST_STATE, "The guest's state has been transferred already.");
    }
    requireAdvised();
    try (Arena arena = Arena.ofConfined()) {
      Map<MemorySlot, PageBitmap> nonzero = PageMap.read(memory, request.getContentsList(), arena);
      FirstPages firstPages = new FirstPages(request.getFirstPagesList(), vcpus, memory, nonzero);
      HostedGuest arrived = restore(request);
      try {
        nonzero.forEach(installer::acceptZeroPages);
        firstPages.installInto(demandSink);
      } catch (RuntimeException | Error e) {
        arrived.machine().close();
        throw e;
      }
      guest = arrived;
      run = request.getRun();
    } catch (IllegalArgumentException e) {
      throw new PageFerryException(
          ErrorCode.MALFORMED_STATE, "The guest's state cannot be loaded: " + e.getMessage(), e);
    }
  }

  /**
   * A guest whose vCPUs have their threads already: Commit is too late to find that they cannot.
   */
  private HostedGuest restore(TransferStateRequest request) {
    Machine machine = Machines.restore(request.getMachineState().toByteArray(), memory, resolver);
    try {
      if (machine.spec().vcpus() != vcpus) {
        throw new IllegalArgumentException(
            "it has " + machine.spec().vcpus() + " vCPUs where " + vcpus + " were prepared.");
      }
      HostedGuest arrived =
          new HostedGuest(key.guestId(), machine, ExecutionFence.expecting(key.epoch()));
      arrived.startThreads();
      return arrived;
    } catch (RuntimeException | Error e) {
      machine.close();
      throw e;
    }
  }

  private void requireAdvised() {
    if (tracker.phase() != Phase.ADVISED) {
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
    HostedGuest here = guest;
    if (here == null) {
      throw new PageFerryException(
          ErrorCode.WRONG_GUEST_STATE, "The guest's state has not been transferred.");
    }
    List<? extends Vcpu> vcpuList = here.machine().vcpus();
    long baseline = vcpuList.stream().mapToLong(Vcpu::instructions).sum();
    boolean runs = run && here.machine().state() != Machine.State.STOPPED;
    here.fence().take(key.epoch());
    timings.takenOver(start);
    // INVARIANT: from here on the guest is this daemon's, and whatever fails, Commit says so.
    committed = true;
    if (runs) {
      resume(here);
    }
    long resumed = System.nanoTime();
    resumeNanos = resumed - start;
    tracker.enter(Phase.POSTCOPY_ACTIVE);
    if (runs) {
      firstInstruction.await(vcpuList, baseline, resumed);
    }
    return resumeNanos;
  }

  private static void resume(HostedGuest here) {
    try {
      here.resume();
    } catch (RuntimeException | Error e) {
      LOG.error("Guest {} was taken over and does not run; resume it here.", here.name(), e);
    }
  }

  /** Forgets the migration before it is committed; told by the source or by a lost lane. */
  void abort(Phase end, ErrorCode code, String reason) {
    synchronized (this) {
      if (committed) {
        throw new PageFerryException(
            ErrorCode.FENCED,
            "The guest runs at the destination under epoch "
                + key.epoch()
                + "; the migration cannot be aborted any more.");
      }
      if (!tracker.tryEnter(end, code, reason)) {
        return;
      }
      aborted.add(key);
    }
    close();
  }

  /** Whether it is closed, perhaps while it is still prepared. */
  boolean isClosed() {
    return closed;
  }

  @Override
  public boolean isCommitted() {
    return committed;
  }

  @Override
  public synchronized PageFerryException unloadRefusal() {
    String why =
        committed
            ? installer.missing(source)
                + ". Wait until it is complete, or end the guest for good with:"
            : "The guest is still at the source. Call the migration off there with: ferry cancel."
                + " To forget it here:";
    return new PageFerryException(
        ErrorCode.MIGRATION_IN_PROGRESS,
        "The guest cannot be unloaded while its migration from %s is %s: %s ferry guest unload --force --at dest."
            .formatted(source, tracker.phase(), why));
  }

  /**
   * Ends the migration in any phase; the owner then closes this.
   *
   * @return what is lost, in a sentence; empty if the guest is still at the source
   */
  @Override
  public synchronized Optional<String> discard() {
    if (!committed) {
      aborted.add(key);
    }
    Optional<String> loss =
        committed
            ? Optional.of(
                "Guest %s ended at the destination: %s."
                    .formatted(
                        guest == null ? key.guestId() : guest.name(), installer.missing(source)))
            : Optional.empty();
    var _ =
        tracker.tryEnter(
            Phase.FAILED,
            Optional.of(
                loss.map(sentence ->
                        new PhaseTracker.Reason(
                            ErrorCode.GUEST_DISCARDED,
                            "The guest was unloaded at the destination by force. " + sentence))
                    .orElse(
                        new PhaseTracker.Reason(
                            ErrorCode.CANCELLED,
                            "The migration was forgotten at the destination by request; the guest"
                                + " stays at the source."))));
    return loss;
  }

  private void endedByItself(String name, Status status) {
    if (laneEnded(name, status)) {
      askAgain();
    }
  }

  /** Returns whether pages are missed: they had not all come, and the guest runs here. */
  private boolean laneEnded(String name, Status status) {
    boolean abandoned = false;
    boolean missed = false;
    synchronized (this) {
      if (!lanesAttached) {
        laneFailure = "The " + name + " lane was lost: " + status.getDescription();
        return false;
      }
      if (!committed) {
        // Decided here, so that a Commit that comes now is refused.
        abandoned =
            tracker.phase() == Phase.ADVISED
                && tracker.tryEnter(
                    Phase.FAILED,
                    ErrorCode.LANE_LOST,
                    "The " + name + " lane was lost before switchover: " + why(status));
        if (abandoned) {
          aborted.add(key);
        }
      } else if (installer.isComplete()) {
        tracker.tryEnter(Phase.COMPLETED, Optional.empty());
        if (status.isOk()) {
          // The source has every acknowledgement. Otherwise the other lanes may still carry some.
          closeLanes();
        }
      } else {
        missed = true;
        tracker.tryEnterFrom(
            Phase.POSTCOPY_ACTIVE,
            Phase.POSTCOPY_PAUSED,
            new PhaseTracker.Reason(
                ErrorCode.LANE_LOST,
                "The "
                    + name
                    + " lane was lost after switchover ("
                    + why(status)
                    + "); vCPUs that need a missing page wait."));
      }
    }
    if (abandoned) {
      // Not on the event loop that reports it: closing waits for that loop's lane.
      closeElsewhere();
    }
    return missed;
  }

  private void closeElsewhere() {
    try {
      var _ = Thread.ofVirtual().name("abandon").start(this::close);
    } catch (OutOfMemoryError e) {
      ticks.execute(this::close);
    }
  }

  private void askAgain() {
    try {
      resolver.laneLost();
    } catch (IllegalStateException e) {
      LOG.debug("The guest was unloaded as its lane was lost.", e);
    }
  }

  private static String why(Status status) {
    return status.isOk() ? "the source closed it early" : String.valueOf(status.getDescription());
  }

  private void closeLanes() {
    Ending.all(firstInstruction::close, this::closeUrgentLanes, drainLane::close, ticks::close);
  }

  private void closeUrgentLanes() {
    Ending.all(urgentLanes.stream().map(lane -> (Runnable) lane::close).toArray(Runnable[]::new));
  }

  private long demandBytes() {
    return urgentLanes.stream().mapToLong(UrgentLane::bytesReceived).sum();
  }

  /**
   * Guest memory in physical memory here. During the migration, from what is known of the pages:
   * asking the kernel takes time from it.
   */
  @Override
  public long residentBytes() {
    return switch (tracker.phase()) {
      case ADVISED, POSTCOPY_ACTIVE, POSTCOPY_PAUSED ->
          PageGeometry.bytes(installer.demandPages() + installer.drainPages());
      default -> memory.residentBytes();
    };
  }

  @Override
  public MigrationStatus status() {
    MigrationStatus.Builder status =
        StatusMessages.migration(Direction.DIRECTION_INCOMING, key, tracker, source);
    if (isAborted(tracker.phase())) {
      // Its memory is gone, and with it what was known of its pages.
      return status.build();
    }
    status
        .setPages(installer.counts())
        .setDemandBytes(demandBytes())
        .setDrainBytes(drainLane.bytesReceived())
        .setFaults(timings.faults())
        .setFaultLatency(timings.toMessage())
        .setFirstInstructionNanos(firstInstruction.nanos())
        .setImageDigest(HexFormat.of().toHexDigits(installer.digest()));
    if (tracker.phase() == Phase.POSTCOPY_ACTIVE) {
      rate.addTo(
          status,
          demandBytes() + drainLane.bytesReceived(),
          PageGeometry.bytes(memory.pageCount() - installer.presentPages()));
    }
    return status.build();
  }

  private static boolean isAborted(Phase phase) {
    return phase == Phase.FAILED || phase == Phase.CANCELLED;
  }

  /** Forgets a migration that is not committed, and waits for one that is. */
  @Override
  public void finish(Duration grace) throws InterruptedException {
    try {
      abort(
          Phase.FAILED,
          ErrorCode.SHUTTING_DOWN,
          "The destination daemon was told to end; the guest stays at the source.");
    } catch (PageFerryException _) {
      // The guest runs here already.
      var _ = tracker.awaitTerminal(grace);
    }
  }

  /** What ends with this daemon: the guest, once it is committed and unless it has ended itself. */
  @Override
  public Optional<String> loss() {
    HostedGuest here = guest;
    if (here == null || !committed || here.machine().state() == Machine.State.STOPPED) {
      return Optional.empty();
    }
    return Optional.of(
        "Guest %s ends with this daemon, which held it (migration %s): %s."
            .formatted(here.name(), tracker.phase(), installer.missing(source)));
  }

  /** Ends lanes and machine and unmaps the memory. Idempotent. */
  @Override
  public void close() {
    HostedGuest here;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      here = guest;
      guest = null;
    }
    // The machine first, so that no vCPU is on a lane that ends.
    Ending.all(
        () -> {
          if (here != null) {
            here.machine().close();
          }
        },
        this::closeLanes,
        memory::close);
  }
}
