package io.pageferry.daemon.guest;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;

/**
 * Why something cannot be done with a guest, in words.
 *
 * @param guest its name
 */
record GuestRefusals(String guest) {
  /** Its memory and machine are gone. */
  PageFerryException gone() {
    return new PageFerryException(
        ErrorCode.NO_GUEST,
        "Guest "
            + guest
            + " is not here any more, or not yet; 'ferry status' shows its migration.");
  }

  /** Somebody else was faster. */
  PageFerryException unloadedMeanwhile() {
    return new PageFerryException(
        ErrorCode.NO_GUEST, "Guest " + guest + " was unloaded by somebody else meanwhile.");
  }

  /** It was handed over to another daemon. */
  PageFerryException handedOver(String destination, long epoch) {
    return new PageFerryException(
        ErrorCode.FENCED,
        "Guest "
            + guest
            + " was handed over to the destination "
            + destination
            + " under epoch "
            + epoch
            + " and never runs here again; ask that daemon (ferry: --at dest, or --source with its"
            + " address to move it on).");
  }

  /** It is on its way here. */
  PageFerryException notHandedOverYet(String source) {
    return new PageFerryException(
        ErrorCode.FENCED,
        "Guest "
            + guest
            + " is still at the source "
            + source
            + ", which has not handed it over; ask that daemon (ferry: --at source).");
  }

  /** A migration takes it away already. */
  PageFerryException inProgress(GuestMigration departure) {
    return new PageFerryException(
        ErrorCode.MIGRATION_IN_PROGRESS,
        "Guest "
            + guest
            + " is moving already: migration "
            + departure.key().migrationId()
            + " to "
            + departure.peer()
            + " is "
            + departure.tracker().phase()
            + ".");
  }

  /** Pages of it are still where it came from. */
  PageFerryException incomplete(GuestMigration arrival) {
    return new PageFerryException(
        ErrorCode.GUEST_INCOMPLETE,
        "Guest "
            + guest
            + " cannot be moved on yet: its migration from "
            + arrival.peer()
            + " is "
            + arrival.tracker().phase()
            + ", and pages of it are still there. Wait until it is complete.");
  }
}
