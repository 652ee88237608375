package io.pageferry.migration;

import io.pageferry.text.PlainText;
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
 * timeline and the reason, logs each change and leaves it in flight recordings, wakes whoever waits
 * for one.
 *
 * <p>Any thread; its monitor orders transitions and those who wait for one, and reading never takes
 * it. Lives as long as its migration. Times are nanoseconds since the migration started.
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
  public record Reason(ErrorCode code, String sentence) {
    /** Makes the sentence plain, whoever gave it. */
    public Reason {
      sentence = PlainText.of(sentence);
    }
  }

  private final MigrationKey key;
  private final Level level;
  private final LongSupplier clock;
  private final long startNanos;

  /** All that is known of the phases; replaced as a whole. */
  private record History(List<Entry> timeline, Optional<Reason> reason) {
    Entry last() {
      return timeline.getLast();
    }

    History with(Entry next, Optional<Reason> why) {
      List<Entry> longer = new ArrayList<>(timeline);
      longer.add(next);
      return new History(List.copyOf(longer), why);
    }
  }

  /** Replaced under this object's monitor, read without it. */
  private volatile History history;

  /** Starts in {@code first}; {@code clock} gives monotonic nanoseconds. */
  public PhaseTracker(MigrationKey key, Phase first, LongSupplier clock) {
    this(key, first, clock, Level.INFO);
  }

  /** The same; phases are logged at {@code level}, and not recorded when it is below INFO. */
  public PhaseTracker(MigrationKey key, Phase first, LongSupplier clock, Level level) {
    this.key = key;
    this.level = level;
    this.clock = clock;
    this.startNanos = clock.getAsLong();
    this.history = new History(List.of(new Entry(first, 0)), Optional.empty());
    LOG.atLevel(level).log("phase={} migration={} epoch={}", first, key.migrationId(), key.epoch());
    leaveEvent(first, "", 0, "");
  }

  /** The phase now. Volatile read. */
  public Phase phase() {
    return history.last().phase();
  }

  /** Why it is paused, cancelled or failed. */
  public Optional<Reason> reason() {
    return history.reason();
  }

  /** Phases entered so far, in order. */
  public List<Entry> timeline() {
    return history.timeline();
  }

  /** Nanoseconds since the start; up to the end once the migration is over. */
  public long elapsedNanos() {
    Entry last = history.last();
    return last.phase().isTerminal() ? last.atNanos() : clock.getAsLong() - startNanos;
  }

  /**
   * Enters a phase without a reason.
   *
   * @throws IllegalStateException if it may not follow the present one
   */
  public void enter(Phase next) {
    if (!tryEnter(next, Optional.empty())) {
      throw new IllegalStateException(
          "A migration cannot go from " + phase() + " to " + next + ".");
    }
  }

  /**
   * Enters a phase with its reason.
   *
   * @throws IllegalStateException if it may not follow the present one
   */
  public void enter(Phase next, ErrorCode code, String sentence) {
    if (!tryEnter(next, Optional.of(new Reason(code, sentence)))) {
      throw new IllegalStateException(
          "A migration cannot go from " + phase() + " to " + next + ".");
    }
  }

  /** Enters a phase with its reason if it may follow the present one; tells whether it did. */
  public boolean tryEnter(Phase next, ErrorCode code, String sentence) {
    return tryEnter(next, Optional.of(new Reason(code, sentence)));
  }

  /** Enters a phase if it may follow the present one; tells whether it did. */
  public synchronized boolean tryEnter(Phase next, Optional<Reason> why) {
    Entry before = history.last();
    if (!before.phase().mayBecome(next)) {
      return false;
    }
    Entry entry = new Entry(next, clock.getAsLong() - startNanos);
    leaveEvent(
        next,
        before.phase().name(),
        entry.atNanos() - before.atNanos(),
        why.map(r -> r.code() + ": " + r.sentence()).orElse(""));
    history = history.with(entry, why);
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

  private void leaveEvent(Phase next, String previous, long lastedNanos, String why) {
    PhaseEvent event = new PhaseEvent();
    if (!event.isEnabled() || level.toInt() < Level.INFO.toInt()) {
      return;
    }
    event.phase = next.name();
    event.previous = previous;
    event.previousLasted = lastedNanos;
    event.reason = why;
    event.migration = key.migrationId().toString();
    event.epoch = key.epoch();
    event.commit();
  }

  /** Enters a phase with its reason if the present one is {@code from}; tells whether it did. */
  public synchronized boolean tryEnterFrom(Phase from, Phase next, Reason why) {
    return phase() == from && tryEnter(next, Optional.of(why));
  }

  /** Waits until the migration is over, or for that long; tells whether it is over. */
  public synchronized boolean awaitTerminal(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!phase().isTerminal()) {
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
    while (!phase().isTerminal() && phase() != Phase.POSTCOPY_PAUSED) {
      wait();
    }
    return phase();
  }
}
