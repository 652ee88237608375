package io.pageferry.dest;

import io.grpc.Status;
import io.pageferry.migration.ErrorCode;
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

  private static String why(Status status) {
    return status.isOk() ? "the source closed it early" : String.valueOf(status.getDescription());
  }
}
