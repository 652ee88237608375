package io.pageferry.daemon.guest;

import io.pageferry.guest.Machine;
import io.pageferry.guest.Vcpu;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.proto.v1.Direction;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PhaseEntry;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.VcpuStatus;
import io.pageferry.telemetry.LatencyCounts;
import java.util.UUID;

/** Translates what both daemons say of guests and migrations into messages. Stateless. */
public final class StatusMessages {
  private static final long START_NANOS = System.nanoTime();

  private StatusMessages() {}

  /** A status of this process as it is now, without guest and migration. */
  public static Status.Builder status(Role role, boolean rehearsing) {
    return Status.newBuilder()
        .setRole(role)
        .setRehearsing(rehearsing)
        .setUptimeNanos(System.nanoTime() - START_NANOS);
  }

  /** A phase as a message has it. */
  public static io.pageferry.proto.v1.Phase phase(Phase phase) {
    return io.pageferry.proto.v1.Phase.valueOf("PHASE_" + phase.name());
  }

  /** An error code as a message has it. */
  public static io.pageferry.proto.v1.ErrorCode errorCode(ErrorCode code) {
    return io.pageferry.proto.v1.ErrorCode.valueOf("ERROR_CODE_" + code.name());
  }

  /** A migration's ids as a message has them. */
  public static MigrationRef ref(MigrationKey key) {
    return MigrationRef.newBuilder()
        .setMigrationId(key.migrationId().toString())
        .setGuestId(key.guestId().toString())
        .setEpoch(key.epoch())
        .build();
  }

  /**
   * A migration's ids as the domain has them.
   *
   * @throws IllegalArgumentException if an id is not a UUID or the epoch is not positive
   */
  public static MigrationKey key(MigrationRef ref) {
    if (ref.getEpoch() <= 0) {
      throw new IllegalArgumentException("The migration's epoch must be positive.");
    }
    return new MigrationKey(
        uuid("migration_id", ref.getMigrationId()),
        uuid("guest_id", ref.getGuestId()),
        ref.getEpoch());
  }

  private static UUID uuid(String field, String text) {
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "The field " + field + " must be a UUID; it is \"" + text + "\".", e);
    }
  }

  /** Phase, reason and times of a migration. */
  public static MigrationStatus.Builder migration(
      Direction direction, MigrationKey key, PhaseTracker tracker, String peer) {
    MigrationStatus.Builder status =
        MigrationStatus.newBuilder()
            .setDirection(direction)
            .setMigration(ref(key))
            .setPhase(phase(tracker.phase()))
            .setPeer(peer)
            .setElapsedNanos(tracker.elapsedNanos());
    tracker
        .reason()
        .ifPresent(
            reason -> status.setReasonCode(errorCode(reason.code())).setReason(reason.sentence()));
    for (PhaseTracker.Entry entry : tracker.timeline()) {
      status.addTimeline(
          PhaseEntry.newBuilder().setPhase(phase(entry.phase())).setAtNanos(entry.atNanos()));
    }
    return status;
  }

  /**
   * A guest as it stands.
   *
   * @param name what the daemon calls it
   * @param residentBytes guest memory that is in physical memory here
   * @param bitmaps bitmaps that the daemon keeps for each page
   * @param faults userfaults of its vCPUs here
   */
  public static GuestStatus guest(
      HostedGuest guest, String name, long residentBytes, int bitmaps, VcpuFaults faults) {
    Machine machine = guest.machine();
    GuestStatus.Builder status =
        GuestStatus.newBuilder()
            .setGuestId(guest.id().toString())
            .setName(name)
            .setState(state(guest))
            .setMemoryBytes(guest.memory().sizeBytes())
            .setResidentBytes(residentBytes)
            .setBookkeepingBitsPerPage(guest.bitsPerPage(bitmaps))
            .setExitCode(machine.state() == Machine.State.STOPPED ? machine.exitCode() : 0)
            .setPoisonedPages(guest.memory().whileMapped(guest.memory()::poisonedPages).orElse(0L))
            .setInstructionsElsewhere(guest.instructionsElsewhere())
            .setEpoch(guest.fence().epoch());
    String failure = machine.failure();
    if (failure != null) {
      status.setFailure(failure);
    }
    for (Vcpu vcpu : machine.vcpus()) {
      status.addVcpus(
          VcpuStatus.newBuilder()
              .setIndex(vcpu.index())
              .setInstructions(vcpu.instructions())
              .setFaults(faults.faults(vcpu.index()))
              .setBlocktimeNanos(faults.blockedNanos(vcpu.index()))
              .setWaitingNanos(faults.waitingNanos(vcpu.index())));
    }
    return status.build();
  }

  private static GuestState state(HostedGuest guest) {
    if (!guest.fence().isHeld()) {
      return GuestState.GUEST_STATE_HANDED_OVER;
    }
    return switch (guest.machine().state()) {
      case PAUSED -> GuestState.GUEST_STATE_PAUSED;
      case RUNNING -> GuestState.GUEST_STATE_RUNNING;
      case STOPPED -> GuestState.GUEST_STATE_SHUTDOWN;
    };
  }

  /** Counts as a message. */
  public static Distribution distribution(LatencyCounts counts) {
    return Distribution.newBuilder()
        .setCount(counts.count())
        .setMin(counts.leastNanos())
        .setP50(counts.percentileNanos(50))
        .setP90(counts.percentileNanos(90))
        .setP99(counts.percentileNanos(99))
        .setP999(counts.percentileNanos(99.9))
        .setMax(counts.greatestNanos())
        .setMean(counts.meanNanos())
        .build();
  }
}
