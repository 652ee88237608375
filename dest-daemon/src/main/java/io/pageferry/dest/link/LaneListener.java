package io.pageferry.dest.link;

import io.grpc.Status;
import java.util.function.Consumer;

/** Is told when a lane ends by itself. */
public interface LaneListener {
  /**
   * A lane has ended other than by its owner. Once for each lane, on its event loop.
   *
   * @param lane {@code demand} or {@code drain}
   * @param status how; its description is a sentence
   */
  void laneEnded(String lane, Status status);

  /** Takes the failure of a lane's thread for its end. */
  default Consumer<Throwable> failureOf(String lane) {
    return failure ->
        laneEnded(lane, Status.INTERNAL.withDescription("its thread failed: " + failure));
  }
}
