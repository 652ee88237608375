package io.pageferry.source;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import org.jspecify.annotations.Nullable;

/** What the source says of a migration to people. Any thread. */
record SourceSentences(String guest, String destination) {
  /** The migration has no thread to run on. */
  static PageFerryException noThread(OutOfMemoryError error) {
    return new PageFerryException(
        ErrorCode.INSUFFICIENT_THREADS,
        "The host lets the source daemon start no more threads, so that the migration could not"
            + " start; raise its limit (ulimit -u, pids.max of its cgroup, TasksMax= of its unit).",
        error);
  }

  /** Why nothing moves any more. */
  String paused(String why) {
    return "After switchover "
        + why
        + "; the source keeps every page that is not acknowledged, the guest waits at the"
        + " destination.";
  }

  /** What only the source has; {@code pages} once the guest is frozen. */
  String loss(@Nullable PageLedger pages) {
    if (pages == null) {
      return "Guest %s is at this daemon alone.".formatted(guest);
    }
    long kept = pages.totalPages() - pages.untouchedPages() - pages.releasedPages();
    return kept == 0
        ? "Every page of guest %s has arrived at %s.".formatted(guest, destination)
        : "%d of %d pages of guest %s are only here, and the guest at %s cannot go on without them."
            .formatted(kept, pages.totalPages(), guest, destination);
  }

  /** The refusal to unload; {@code handedOver} is what the source has of a guest handed over. */
  PageFerryException unloadRefusal(Phase phase, @Nullable PageLedger handedOver) {
    String why =
        handedOver != null
            ? loss(handedOver)
                + " Wait until the migration is complete, or give the pages up for good with:"
            : "Call the migration off with: ferry cancel. To lose the guest as well:";
    return new PageFerryException(
        ErrorCode.MIGRATION_IN_PROGRESS,
        "Guest %s cannot be unloaded while its migration to %s is %s. %s ferry guest unload --force."
            .formatted(guest, destination, phase, why));
  }

  /** After a forced unload. */
  static String discarded(String loss) {
    return "The guest was unloaded at the source by force. " + loss;
  }

  /** No Commit was answered. */
  static String unknownOutcome(Throwable error) {
    return "The source gave the guest up and cannot learn whether the destination runs it ("
        + error.getMessage()
        + "); it stays stopped here, with every page kept.";
  }

  /** The refusal of a cancel after switchover. */
  String tooLateToCancel() {
    return "The guest already belongs to the destination "
        + destination
        + "; a migration can be cancelled until switchover. If that destination is lost, give the"
        + " guest up with: ferry guest unload --force.";
  }

  /** The destination took the guest's description, and has not all lanes. */
  String notAttached(@Nullable String lanesLost) {
    return "The destination "
        + destination
        + " is prepared but its lanes are not attached"
        + (lanesLost == null ? "." : ": " + lanesLost + ".");
  }
}
