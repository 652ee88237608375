package io.pageferry.bench.ferry;

import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.ProgramParameters;

/**
 * What a run moves, and how.
 *
 * @param experiment name of the experiment in the report
 * @param guestBytes memory of the guest
 * @param work what the guest does meanwhile
 * @param drainAfterMillis pages move on demand only for this long after switchover
 */
public record FerryScenario(String experiment, long guestBytes, Work work, long drainAfterMillis) {
  /** What the guest does while it moves. */
  public enum Work {
    /** Touches one byte a page in pseudo-random order, for ever. */
    RANDOM,
    /** The same by address. */
    SEQUENTIAL,
    /** Nothing, after it has written every page. */
    IDLE
  }

  LoadGuestRequest loadRequest() {
    return LoadGuestRequest.newBuilder()
        .setName(experiment)
        .setVcpuCount(1)
        .setMemoryBytes(guestBytes)
        .setBundledProgram("touch")
        .setParameters(ProgramParameters.newBuilder().setRandomOrder(work == Work.RANDOM))
        .build();
  }
}
