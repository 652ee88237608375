package io.pageferry.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pageferry.daemon.process.Readiness;
import io.pageferry.host.HostMemory;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.ExecutionFence;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.SlowFault;
import io.pageferry.proto.v1.Status;
import io.pageferry.telemetry.LatencyCounts;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a daemon does with a guest that is on its way, or given up. */
class GuestEntryTest {
  private final ArrivingGuest arrival = new ArrivingGuest();
  private final GuestRegistry registry =
      new GuestRegistry("node", GuestLimits.DEFAULT, HostMemory.ofThisHost(), new Readiness());

  @AfterEach
  void close() {
    registry.close();
  }

  /** A migration that brings a guest, which runs here already, and is in the phase it is told. */
  private static final class ArrivingGuest implements GuestMigration.Arrival {
    final HostedGuest guest = TestGuests.guest(ExecutionFence.held(2));
    final MigrationKey key = new MigrationKey(UUID.randomUUID(), guest.id(), 2);
    final PhaseTracker tracker = new PhaseTracker(key, Phase.ADVISED, System::nanoTime);
    final AtomicInteger closings = new AtomicInteger();
    Runnable whileDiscarded = () -> {};
    long resident;

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
      return "127.0.0.1:7401";
    }

    @Override
    public MigrationStatus status() {
      return MigrationStatus.getDefaultInstance();
    }

    @Override
    public long residentBytes() {
      return resident;
    }

    @Override
    public int bitmaps() {
      return 4;
    }

    @Override
    public PageFerryException unloadRefusal() {
      return new PageFerryException(ErrorCode.MIGRATION_IN_PROGRESS, "It is on its way.");
    }

    @Override
    public Optional<String> discard() {
      tracker.enter(Phase.FAILED, ErrorCode.GUEST_DISCARDED, "It was told so.");
      whileDiscarded.run();
      return Optional.of("Pages never arrived.");
    }

    @Override
    public Optional<String> loss() {
      return Optional.empty();
    }

    @Override
    public void finish(Duration grace) {}

    @Override
    public void close() {
      closings.incrementAndGet();
      guest.close();
    }

    @Override
    public Optional<HostedGuest> guest() {
      return Optional.of(guest);
    }

    @Override
    public boolean isCommitted() {
      return true;
    }

    @Override
    public long populatedBytes() {
      return 0;
    }

    @Override
    public VcpuFaults vcpuFaults() {
      return VcpuFaults.NONE;
    }

    @Override
    public LatencyCounts asynchronousFaultLatency() {
      return new LatencyCounts();
    }

    @Override
    public LatencyCounts faultLatency(FaultPart part) {
      return new LatencyCounts();
    }

    @Override
    public long faults() {
      return 0;
    }

    @Override
    public List<SlowFault> slowestFaults(int limit) {
      return List.of();
    }
  }

  private GuestEntry entry() {
    try (var room = registry.reserve(arrival.key, "walker", 1 << 20)) {
      return room.keep(arrival);
    }
  }

  private static ErrorCode refusal(Runnable call) {
    PageFerryException refused = catchThrowableOfType(PageFerryException.class, call::run);
    assertThat(refused).as("a refusal").isNotNull();
    return refused.code();
  }

  private static GuestMigration neverMade(HostedGuest guest) {
    throw new AssertionError("Pages of " + guest.name() + " are missing.");
  }

  @Test
  void aGuestThatIsGivenUpWhilePagesAreMissingCannotBeMovedOnMeanwhile() {
    GuestEntry entry = entry();
    arrival.tracker.enter(Phase.POSTCOPY_ACTIVE);
    assertThat(refusal(() -> entry.depart(GuestEntryTest::neverMade)))
        .isEqualTo(ErrorCode.GUEST_INCOMPLETE);
    arrival.whileDiscarded =
        () ->
            assertThat(refusal(() -> entry.depart(GuestEntryTest::neverMade)))
                .isEqualTo(ErrorCode.GUEST_INCOMPLETE);
    assertThat(entry.unload(true)).contains("Pages never arrived.");
    assertThat(arrival.closings.get()).isEqualTo(1);
  }

  @Test
  void whatWasResidentInTheMiddleOfAMigrationIsNotToldAfterIt() {
    GuestEntry entry = entry();
    arrival.tracker.enter(Phase.POSTCOPY_ACTIVE);
    arrival.resident = 111;
    assertThat(residentBytes(entry)).isEqualTo(111);
    arrival.tracker.enter(Phase.COMPLETED);
    arrival.resident = 999;
    assertThat(residentBytes(entry)).isEqualTo(999);
    // Now that nothing moves it, the kernel is not asked again while others move.
    arrival.resident = 1000;
    assertThat(residentBytes(entry)).isEqualTo(999);
  }

  private static long residentBytes(GuestEntry entry) {
    return entry.status(Status.newBuilder(), true).getGuest().getResidentBytes();
  }

  @Test
  void aGuestThatIsGivenUpDoesNotComeASecondTimeMeanwhile() {
    GuestEntry entry = entry();
    arrival.tracker.enter(Phase.POSTCOPY_ACTIVE);
    MigrationKey again = new MigrationKey(UUID.randomUUID(), arrival.key.guestId(), 3);
    arrival.whileDiscarded =
        () ->
            assertThat(refusal(() -> registry.reserve(again, "walker", 1 << 20)))
                .isEqualTo(ErrorCode.GUEST_EXISTS);
    var _ = entry.unload(true);
    registry.reserve(again, "walker", 1 << 20).close();
  }

  @Test
  void whatCannotBeFreedDoesNotFailTheGuestThatTakesItsPlace() {
    GuestEntry entry = entry();
    arrival.tracker.enter(Phase.FAILED, ErrorCode.CANCELLED, "It was told so.");
    arrival.guest.fence().freeze();
    arrival.guest.fence().giveUp(3);
    // Closing it a second time is no failure either.
    arrival.guest.close();
    MigrationKey again = new MigrationKey(UUID.randomUUID(), arrival.key.guestId(), 4);
    ArrivingGuest next = new ArrivingGuest();
    try (var room = registry.reserve(again, "walker", 1 << 20)) {
      GuestEntry kept = room.keep(next);
      assertThat(registry.all()).contains(kept).doesNotContain(entry);
    }
  }
}
