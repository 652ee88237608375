package io.pageferry.source.handover;

import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.guest.Machine;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.source.image.Delivery;
import io.pageferry.source.serve.Session;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the source says of a migration to people. Any thread. */
record SourceSentences(String guest, String destination) {
  /** The guest was not handed over, and may not have come back either. */
  static final String FAILED_TWICE =
      "The source failed, and failed again as it took the guest back; its log has the details.";

  private static final Logger LOG = LoggerFactory.getLogger(SourceSentences.class);

  /** The migration has no thread to run on. */
  static PageFerryException noThread(OutOfMemoryError error) {
    return new PageFerryException(
        ErrorCode.INSUFFICIENT_THREADS,
        "The host lets the source daemon start no more threads, so that the migration could not"
            + " start; raise its limit (ulimit -u, pids.max of its cgroup, TasksMax= of its unit).",
        error);
  }

  /** Somebody has called the migration off. */
  static PageFerryException cancelled(@Nullable Throwable error) {
    return new PageFerryException(
        ErrorCode.CANCELLED, "The migration was cancelled by request.", error);
  }

  /**
   * Why the guest stays here.
   *
   * @param lost how a lane was lost
   */
  static PageFerryException notHandedOver(
      Throwable error, boolean cancelled, @Nullable String lost) {
    if (cancelled) {
      return cancelled(error);
    }
    if (lost != null) {
      return new PageFerryException(
          ErrorCode.LANE_LOST, "Before switchover " + lost + "; the guest stays here.", error);
    }
    if (error instanceof PageFerryException known) {
      return known;
    }
    LOG.error("The migration failed at the source.", error);
    return new PageFerryException(
        ErrorCode.INTERNAL, "The source failed: " + error + "; its log has the details.", error);
  }

  /** Why nothing moves any more. */
  String paused(String why) {
    return "After switchover "
        + why
        + "; the source keeps every page that is not acknowledged, the guest waits at the"
        + " destination.";
  }

  /** What only the source has; {@code delivery} once the guest is frozen. */
  String loss(@Nullable Delivery delivery) {
    if (delivery == null) {
      return "Guest %s is at this daemon alone.".formatted(guest);
    }
    long kept = delivery.pagesLeft();
    return kept == 0
        ? "Every page of guest %s has arrived at %s.".formatted(guest, destination)
        : "%d of %d pages of guest %s are only here, and the guest at %s cannot go on without them."
            .formatted(kept, delivery.image().totalPages(), guest, destination);
  }

  /** What ends with this daemon. */
  Optional<String> lossWithDaemon(HostedGuest here, Phase phase, @Nullable Delivery delivery) {
    if (!here.fence().isHeld()) {
      return Optional.of(
          "Pages of guest %s end with this daemon (migration %s): %s"
              .formatted(guest, phase, loss(delivery)));
    }
    return here.machine().state() == Machine.State.STOPPED
        ? Optional.empty()
        : Optional.of(
            "Guest %s ends with this daemon: a guest does not survive the daemon that holds it."
                .formatted(guest));
  }

  /** The refusal to unload; {@code handedOver} is what the source has of a guest handed over. */
  PageFerryException unloadRefusal(Phase phase, @Nullable Delivery handedOver) {
    String why =
        handedOver != null
            ? loss(handedOver)
                + " Wait until the migration is complete, or give the pages up for good with:"
            : "Call the migration off with: ferry cancel --guest "
                + guest
                + ". To lose the guest as well:";
    return new PageFerryException(
        ErrorCode.MIGRATION_IN_PROGRESS,
        "Guest %s cannot be unloaded while its migration to %s is %s. %s ferry guest unload --force --guest %s."
            .formatted(guest, destination, phase, why, guest));
  }

  /** A forced unload that takes longer than it may. */
  PageFerryException notEndedYet() {
    return new PageFerryException(
        ErrorCode.MIGRATION_IN_PROGRESS,
        "The migration of guest " + guest + " has not ended yet; try again.");
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
        + " guest up with: ferry guest unload --force --guest "
        + guest
        + ".";
  }

  /**
   * The destination took the guest's description, and must have all lanes.
   *
   * @throws PageFerryException LANE_LOST if it has not
   */
  void requireAttached(Session session) {
    if (!session.isAttached()) {
      String lost = session.lost();
      throw new PageFerryException(
          ErrorCode.LANE_LOST,
          "The destination "
              + destination
              + " is prepared but its lanes are not attached"
              + (lost == null ? "." : ": " + lost + "."));
    }
  }
}
