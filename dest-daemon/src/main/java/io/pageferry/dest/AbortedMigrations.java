package io.pageferry.dest;

import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.Phase;
import java.util.LinkedHashSet;
import java.util.SequencedSet;

/**
 * The latest migrations that ended here before they were committed. A source that was told that its
 * guest never ran here has taken it back, and must be right: so none of these is taken up again.
 * Any thread.
 */
final class AbortedMigrations {
  private static final int KEPT = 1024;

  /** Guarded by this object's monitor. */
  private final SequencedSet<MigrationKey> keys = new LinkedHashSet<>();

  synchronized void add(MigrationKey key) {
    if (keys.add(key) && keys.size() > KEPT) {
      var _ = keys.removeFirst();
    }
  }

  /** Refuses a migration that is one of these. */
  synchronized void requireOther(MigrationKey key) {
    if (keys.contains(key)) {
      throw Refusals.neverCommitted(key, Phase.FAILED);
    }
  }
}
