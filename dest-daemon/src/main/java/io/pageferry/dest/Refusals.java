package io.pageferry.dest;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;

/** What the destination refuses in several places. Stateless. */
final class Refusals {
  private Refusals() {}

  /** The refusal of a migration that is known to have ended before it was committed. */
  static PageFerryException neverCommitted(MigrationKey key, Phase phase) {
    return new PageFerryException(
        ErrorCode.WRONG_GUEST_STATE,
        "Migration "
            + key.migrationId()
            + " is "
            + phase
            + " at the destination, which never ran its guest.");
  }
}
