package io.pageferry.dest;

import io.grpc.Status;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import java.util.Optional;

/** Why an incoming migration enters a phase, in words. Stateless. */
final class Reasons {
  private Reasons() {}

  /**
   * It was unloaded by force.
   *
   * @param loss what is lost, in a sentence; empty if the guest is still at the source
   */
  static PhaseTracker.Reason discarded(Optional<String> loss) {
    return loss.map(sentence ->
            new PhaseTracker.Reason(
                ErrorCode.GUEST_DISCARDED,
                "The guest was unloaded at the destination by force. " + sentence))
        .orElse(
            new PhaseTracker.Reason(
                ErrorCode.CANCELLED,
                "The migration was forgotten at the destination by request; the guest stays at the"
                    + " source."));
  }

  /** The daemon is to end, and the guest is still at the source. */
  static PhaseTracker.Reason shuttingDown() {
    return new PhaseTracker.Reason(
        ErrorCode.SHUTTING_DOWN,
        "The destination daemon was told to end; the guest stays at the source.");
  }

  /** A lane ended while the guest was at the source. */
  static PhaseTracker.Reason lostBeforeSwitchover(String lane, Status status) {
    return new PhaseTracker.Reason(
        ErrorCode.LANE_LOST, "The " + lane + " lane was lost before switchover: " + why(status));
  }

  /** A lane ended while pages were still at the source. */
  static PhaseTracker.Reason lostAfterSwitchover(String lane, Status status) {
    return new PhaseTracker.Reason(
        ErrorCode.LANE_LOST,
        "The "
            + lane
            + " lane was lost after switchover ("
            + why(status)
            + "); vCPUs that need a missing page wait.");
  }

  /**
   * What a daemon that ends takes with it, in a sentence.
   *
   * @param missing what has not come, in words
   */
  static String loss(String guest, Phase phase, String missing) {
    return "Guest %s ends with this daemon, which held it (migration %s): %s."
        .formatted(guest, phase, missing);
  }

  /** What ended with a guest that was unloaded here by force, in a sentence. */
  static String ended(String guest, String missing) {
    return "Guest %s ended at the destination: %s.".formatted(guest, missing);
  }

  private static String why(Status status) {
    return status.isOk() ? "the source closed it early" : String.valueOf(status.getDescription());
  }
}
