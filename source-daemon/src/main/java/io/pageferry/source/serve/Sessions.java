package io.pageferry.source.serve;

import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.LaneHello;

/** Knows the session that a lane belongs to. Any thread. */
@FunctionalInterface
public interface Sessions {
  /**
   * The session whose token a lane's hello carries.
   *
   * @throws PageFerryException STALE_MIGRATION if there is none, VERSION_MISMATCH if the lane
   *     speaks another version of the protocol
   */
  Session named(LaneHello hello);
}
