package io.pageferry.migration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The one place where a migration changes its phase: refuses illegal transitions, keeps the
 * timeline and the reason, logs each change, wakes whoever waits for one.
 *
 * <p>Any thread. Lives as long as its migration. Times are nanoseconds since the migration started.
 */
public final class PhaseTracker {
  private static final Logger LOG = LoggerFactory.getLogger(PhaseTracker.class);

  /**
   * One line of the timeline.
   *
   * @param phase phase entered
   * @param atNanos when, since the migration's start
   */
  public record Entry(Phase phase, long atNanos) {}

  /**
   * Why the migration is paused, cancelled or failed.
   *
   * @param code what kind of reason
   * @param sentence the same for people
   */
  public record Reason(ErrorCode code, String sentence) {}

  private final MigrationKey key;
  private final Level level;
  private final LongSupplier clock;
  private final long startNanos;
  private final List<Entry> timeline = new ArrayList<>();
  private volatile Phase phase;
  private volatile Optional<Reason> reason = Optional.empty();

  /** Starts in {@code first}; {@code clock} gives monotonic nanoseconds. */
  public PhaseTracker(MigrationKey key, Phase first, LongSupplier clock) {
    this(key, first, clock, Level.INFO);
  }

  /** The same; phases are logged at {@code level}. */
  public PhaseTracker(MigrationKey key, Phase first, LongSupplier clock, Level level) {
    this.key = key;
    this.level = level;
    this.clock = clock;
    this.startNanos = clock.getAsLong();
    this.phase = first;
    timeline.add(new Entry(first, 0));
    LOG.atLevel(level).log("phase={} migration={} epoch={}", first, key.migrationId(), key.epoch());
  }

  /** The phase now. Volatile read. */
  public Phase phase() {
    return phase;
  }

  /** Why it is paused, cancelled or failed. */
  public Optional<Reason> reason() {
    return reason;
  }

  /** Phases entered so far, in order. */
  public synchronized List<Entry> timeline() {
    return List.copyOf(timeline);
  }

  /** Nanoseconds since the start; up to the end once the migration is over. */
  public synchronized long elapsedNanos() {
    return phase.isTerminal() ? timeline.getLast().atNanos() : clock.getAsLong() - startNanos;
  }

  /**
   * Enters a phase without a reason.
   *
   * @throws IllegalStateException if it may not follow the present one
   */
  public void enter(Phase next) {
    if (!tryEnter(next, Optional.empty())) {
      throw new IllegalStateException("A migration cannot go from " + phase + " to " + next + ".");
    }
  }

  /**
   * Enters a phase with its reason.
   *
   * @throws IllegalStateException if it may not follow the present one
   */
  public void enter(Phase next, ErrorCode code, String sentence) {
    if (!tryEnter(next, Optional.of(new Reason(code, sentence)))) {
      throw new IllegalStateException("A migration cannot go from " + phase + " to " + next + ".");
    }
  }

  /** Enters a phase if it may follow the present one; tells whether it did. */
  public synchronized boolean tryEnter(Phase next, Optional<Reason> why) {
    if (!phase.mayBecome(next)) {
      return false;
    }
    timeline.add(new Entry(next, clock.getAsLong() - startNanos));
    reason = why;
    phase = next;
    LOG.atLevel(level)
        .log(
            "phase={} migration={} epoch={}{}",
            next,
            key.migrationId(),
            key.epoch(),
            why.map(r -> " reason=" + r.code() + " detail=\"" + r.sentence() + "\"").orElse(""));
    notifyAll();
    return true;
  }

  /** Enters a phase with its reason if the present one is {@code from}; tells whether it did. */
  public synchronized boolean tryEnterFrom(Phase from, Phase next, Reason why) {
    return phase == from && tryEnter(next, Optional.of(why));
  }

  /** Waits until the migration is over, or for that long; tells whether it is over. */
  public synchronized boolean awaitTerminal(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!phase.isTerminal()) {
      long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (millis <= 0) {
        return false;
      }
      wait(millis);
    }
    return true;
  }

  /** Waits until the migration is over or paused. */
  public synchronized Phase awaitSettled() throws InterruptedException {
    while (!phase.isTerminal() && phase != Phase.POSTCOPY_PAUSED) {
      wait();
    }
    return phase;
  }
}
