package io.pageferry.cli.watch;

import io.pageferry.cli.watch.WatchFrame.Sample;
import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.FaultLatency;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Remembers looks at both daemons, as many as the live view needs. One thread. */
public final class WatchHistory {
  private static final long WINDOW_NANOS = 1_000_000_000;
  private static final long SAMPLE_NANOS = 250_000_000;

  /** More than a line of any screen holds. */
  private static final int MOST_SAMPLES = 500;

  private final ArrayDeque<Observation> looks = new ArrayDeque<>();
  private final ArrayDeque<Sample> samples = new ArrayDeque<>();
  private String migrationId = "";
  private long sampledNanos;

  /** Nothing seen yet. */
  public WatchHistory() {}

  /** Adds a look, not earlier than those before, and tells what is known now. */
  public WatchFrame add(Observation look) {
    looks.addLast(look);
    while (looks.size() > 2 && look.nanos() - second().nanos() >= WINDOW_NANOS) {
      looks.removeFirst();
    }
    sample(look);
    return new WatchFrame(look, looks.getFirst(), new ArrayList<>(samples));
  }

  private Observation second() {
    return looks.stream().skip(1).findFirst().orElseThrow();
  }

  private void sample(Observation look) {
    StatusPair known = look.known();
    Optional<MigrationStatus> migration = known.pageView();
    String id = migration.map(status -> status.getMigration().getMigrationId()).orElse("");
    if (!id.equals(migrationId)) {
      migrationId = id;
      samples.clear();
    }
    if (migration.isEmpty()
        || !isUnderWay(look.phase())
        || (!samples.isEmpty() && look.nanos() - sampledNanos < SAMPLE_NANOS)) {
      return;
    }
    sampledNanos = look.nanos();
    Rates rates = new Rates(looks.getFirst().known(), known);
    samples.addLast(sample(look.nanos(), rates, migration.get()));
    if (samples.size() > MOST_SAMPLES) {
      samples.removeFirst();
    }
  }

  /** Whether pages may arrive. */
  static boolean isUnderWay(Phase phase) {
    return switch (phase) {
      case PHASE_POSTCOPY_ACTIVE, PHASE_POSTCOPY_PAUSED, PHASE_RECOVERING -> true;
      default -> false;
    };
  }

  private static Sample sample(long nanos, Rates rates, MigrationStatus migration) {
    FaultLatency latency = migration.getFaultLatency();
    Distribution recent = latency.getRecent();
    return new Sample(
        nanos,
        rates.perSecond(status -> status.getDemandBytes() + status.getDrainBytes()),
        recent.getCount() == 0 ? Double.NaN : recent.getP99());
  }

  /** Samples kept, oldest first. */
  List<Sample> samples() {
    return List.copyOf(samples);
  }
}
