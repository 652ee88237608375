package io.pageferry.dest.link;

import io.grpc.Status;

/** Is told when a lane ends by itself. */
public interface LaneListener {
  /**
   * A lane has ended other than by its owner. Once for each lane, on its event loop.
   *
   * @param lane {@code demand} or {@code drain}
   * @param status how; its description is a sentence
   */
  void laneEnded(String lane, Status status);
}
