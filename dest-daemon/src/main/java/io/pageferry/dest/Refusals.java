package io.pageferry.dest;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import org.jspecify.annotations.Nullable;

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

  /** The refusal to commit before the guest's state is here. */
  static PageFerryException stateIsMissing() {
    return new PageFerryException(
        ErrorCode.WRONG_GUEST_STATE, "The guest's state has not been transferred.");
  }

  /** The refusal of a second state. */
  static PageFerryException stateIsHere() {
    return new PageFerryException(
        ErrorCode.WRONG_GUEST_STATE, "The guest's state has been transferred already.");
  }

  /** The refusal to abort a migration whose guest was taken over. */
  static PageFerryException committed(MigrationKey key) {
    return new PageFerryException(
        ErrorCode.FENCED,
        "The guest runs at the destination under epoch "
            + key.epoch()
            + "; the migration cannot be aborted any more.");
  }

  /**
   * The refusal of an unload while the guest comes.
   *
   * @param loss what would be lost; null while the guest is still at the source
   */
  static PageFerryException unloadMeanwhile(
      String guest, String source, Phase phase, @Nullable String loss) {
    String why =
        loss != null
            ? loss + ". Wait until it is complete, or end the guest for good with:"
            : "The guest is still at the source. Call the migration off there with: ferry cancel"
                + " --guest "
                + guest
                + ". To forget it here:";
    return new PageFerryException(
        ErrorCode.MIGRATION_IN_PROGRESS,
        "Guest %s cannot be unloaded while its migration from %s is %s: %s ferry guest unload --force --at dest --guest %s."
            .formatted(guest, source, phase, why, guest));
  }
}
