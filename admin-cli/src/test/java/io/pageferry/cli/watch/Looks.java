package io.pageferry.cli.watch;

import io.pageferry.cli.watch.WatchFrame.Sample;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.FaultLatency;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.PhaseEntry;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.VcpuStatus;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What two daemons say while a guest of 256 MiB moves: two seconds of setup and switchover, then
 * pages at a steady pace, 1 % of them each 100 ms.
 */
final class Looks {
  static final long MILLIS = 1_000_000;
  static final long PAGES = 65_536;
  private static final long ARRIVAL = 2_000 * MILLIS;

  private Looks() {}

  static GuestStatus guest(GuestState state, int vcpus, long activeMillis) {
    GuestStatus.Builder guest =
        GuestStatus.newBuilder()
            .setGuestId("guest")
            .setName("smp")
            .setState(state)
            .setMemoryBytes(256 << 20)
            .setResidentBytes(activeMillis * 10_000);
    for (int vcpu = 0; vcpu < vcpus; vcpu++) {
      guest.addVcpus(
          VcpuStatus.newBuilder()
              .setIndex(vcpu)
              .setInstructions(activeMillis * (20_000 + vcpu))
              .setFaults(activeMillis + vcpu)
              .setBlocktimeNanos(activeMillis * MILLIS / 2));
    }
    return guest.build();
  }

  static Status idleSource(int vcpus) {
    return Status.newBuilder()
        .setRole(Role.ROLE_SOURCE)
        .setUptimeNanos(5_000 * MILLIS)
        .setGuest(guest(GuestState.GUEST_STATE_RUNNING, vcpus, 1_000))
        .build();
  }

  static Status idleDestination() {
    return Status.newBuilder()
        .setRole(Role.ROLE_DESTINATION)
        .setPhase(Phase.PHASE_LISTENING)
        .build();
  }

  private static MigrationStatus.Builder migration(Phase phase, long activeMillis) {
    MigrationStatus.Builder migration =
        MigrationStatus.newBuilder()
            .setMigration(MigrationRef.newBuilder().setMigrationId("migration"))
            .setPhase(phase)
            .setElapsedNanos(ARRIVAL + activeMillis * MILLIS)
            .addTimeline(entry(Phase.PHASE_SETUP, 0))
            .addTimeline(entry(Phase.PHASE_SWITCHOVER, 1_800 * MILLIS))
            .addTimeline(entry(Phase.PHASE_POSTCOPY_ACTIVE, ARRIVAL));
    return phase == Phase.PHASE_POSTCOPY_ACTIVE
        ? migration
        : migration.addTimeline(entry(phase, ARRIVAL + activeMillis * MILLIS));
  }

  private static PhaseEntry entry(Phase phase, long nanos) {
    return PhaseEntry.newBuilder().setPhase(phase).setAtNanos(nanos).build();
  }

  static Status source(Phase phase, long activeMillis) {
    return Status.newBuilder()
        .setRole(Role.ROLE_SOURCE)
        .setPhase(phase)
        .setUptimeNanos(activeMillis * MILLIS)
        .setGuest(guest(GuestState.GUEST_STATE_HANDED_OVER, 2, 1_000))
        .setMigration(
            migration(phase, activeMillis)
                .setDowntimeNanos(6 * MILLIS)
                .setBytesInFlight(1 << 20)
                .setImageDigest("323e2d2e98f65cbe"))
        .build();
  }

  static Status destination(Phase phase, long activeMillis, int vcpus) {
    long percent = Math.min(100, activeMillis / 100);
    long present = PAGES * percent / 100;
    PageCounts pages =
        PageCounts.newBuilder()
            .setTotal(PAGES)
            .setDemand(present / 4)
            .setPrefetched(present / 8)
            .setDrain(present - present / 4 - present / 10)
            .setZero(present / 10)
            .setDuplicate(17)
            .setPresent(present)
            .build();
    return Status.newBuilder()
        .setRole(Role.ROLE_DESTINATION)
        .setPhase(phase)
        .setUptimeNanos(activeMillis * MILLIS)
        .setGuest(guest(GuestState.GUEST_STATE_RUNNING, vcpus, activeMillis))
        .setMigration(
            migration(phase, activeMillis)
                .setPages(pages)
                .setDemandBytes(activeMillis * 3_000)
                .setDrainBytes(activeMillis * 9_000)
                .setEtaMillis(phase == Phase.PHASE_POSTCOPY_ACTIVE ? 10_000 - activeMillis : 0)
                .setFaults(activeMillis * 2)
                .setFaultLatency(latency(activeMillis))
                .setFirstInstructionNanos(MILLIS)
                .setImageDigest("323e2d2e98f65cbe"))
        .build();
  }

  private static FaultLatency latency(long activeMillis) {
    return FaultLatency.newBuilder()
        .setTotal(distribution(activeMillis * 2, 50_000))
        .setRecent(distribution(2_000, 40_000))
        .setRecentWindowNanos(1_000 * MILLIS)
        .build();
  }

  private static Distribution distribution(long count, long medianNanos) {
    return Distribution.newBuilder()
        .setCount(count)
        .setP50(medianNanos)
        .setP99(medianNanos * 20)
        .setMax(medianNanos * 100)
        .build();
  }

  static Seen source(Status status) {
    return new Seen("127.0.0.1:7401", status, 0, "");
  }

  static Seen destination(Status status) {
    return new Seen("127.0.0.1:7402", status, 0, "");
  }

  /** A frame in the middle of a migration, with a second before it. */
  static WatchFrame midway(int vcpus) {
    return frame(
        new Observation(
            0,
            source(source(Phase.PHASE_POSTCOPY_ACTIVE, 3_000)),
            destination(destination(Phase.PHASE_POSTCOPY_ACTIVE, 3_000, vcpus))),
        new Observation(
            1_000 * MILLIS,
            source(source(Phase.PHASE_POSTCOPY_ACTIVE, 4_000)),
            destination(destination(Phase.PHASE_POSTCOPY_ACTIVE, 4_000, vcpus))));
  }

  static WatchFrame frame(Observation before, Observation now) {
    List<Sample> samples =
        IntStream.rangeClosed(1, 16)
            .mapToObj(i -> new Sample(250L * i * MILLIS, i * 1_000_000.0, 1_600_000.0 / i))
            .toList();
    return new WatchFrame(now, before, samples);
  }
}
