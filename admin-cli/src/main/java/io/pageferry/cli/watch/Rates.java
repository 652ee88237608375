package io.pageferry.cli.watch;

import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.PhaseEntry;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.VcpuStatus;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * What changed between two looks, a second; and over a whole migration. Whatever cannot be told is
 * not a number. Stateless.
 *
 * @param before the earlier look
 * @param now the later look
 */
record Rates(StatusPair before, StatusPair now) {
  private static final double NANOS_PER_SECOND = 1e9;

  /** A number of the migration, by the daemon that counts pages, a second. */
  double perSecond(ToLongFunction<MigrationStatus> value) {
    Optional<MigrationStatus> earlier = before.pageView();
    Optional<MigrationStatus> later = now.pageView();
    boolean same =
        earlier.isPresent()
            && later.isPresent()
            && earlier.get().getMigration().equals(later.get().getMigration())
            && before.destinationMigration().isPresent() == now.destinationMigration().isPresent();
    if (!same) {
      return Double.NaN;
    }
    long nanos = later.get().getElapsedNanos() - earlier.get().getElapsedNanos();
    return rate(value.applyAsLong(later.get()) - value.applyAsLong(earlier.get()), nanos);
  }

  /** The same as an average since the guest arrived. */
  double average(ToLongFunction<MigrationStatus> value) {
    MigrationStatus migration = now.pageView().orElse(MigrationStatus.getDefaultInstance());
    long nanos = sinceArrivalNanos(migration);
    return rate(value.applyAsLong(migration), nanos);
  }

  /** Time since a migration's guest went on at the destination; 0 before. */
  static long sinceArrivalNanos(MigrationStatus migration) {
    return migration.getTimelineList().stream()
        .filter(entry -> entry.getPhase() == Phase.PHASE_POSTCOPY_ACTIVE)
        .mapToLong(PhaseEntry::getAtNanos)
        .map(arrival -> migration.getElapsedNanos() - arrival)
        .findFirst()
        .orElse(0);
  }

  /** A number of a vCPU, where the guest runs, a second. */
  double perSecond(int vcpu, ToLongFunction<VcpuStatus> value) {
    boolean arrived = now.guestHasArrived();
    Status later = arrived ? now.destination() : now.source();
    Status earlier = arrived ? before.destination() : before.source();
    if (later == null || earlier == null || vcpu >= earlier.getGuest().getVcpusCount()) {
      return Double.NaN;
    }
    GuestStatus first = earlier.getGuest();
    GuestStatus second = later.getGuest();
    if (!first.getGuestId().equals(second.getGuestId())) {
      return Double.NaN;
    }
    return rate(
        value.applyAsLong(second.getVcpus(vcpu)) - value.applyAsLong(first.getVcpus(vcpu)),
        later.getUptimeNanos() - earlier.getUptimeNanos());
  }

  private static double rate(long difference, long nanos) {
    return nanos <= 0 || difference < 0 ? Double.NaN : difference * NANOS_PER_SECOND / nanos;
  }
}
