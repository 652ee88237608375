package io.pageferry.wire;

import io.pageferry.proto.v1.LaneHello;
import org.jspecify.annotations.Nullable;

/**
 * What travels up a demand lane, {@code DemandRequest} in pages.proto: a hello, or a fetch and what
 * to prefetch with it.
 *
 * @param hello the hello; null in all but a lane's first message
 * @param slotId the slot of the pages that a vCPU waits for; as all numbers here, not checked
 * @param firstPage the first of them
 * @param pageCount how many, unsigned
 * @param prefetchFirst the first page of the slot that the vCPU is likely to need next
 * @param prefetchStep distance to the next
 * @param prefetchCount how many, unsigned; 0 if none
 */
public record Demand(
    @Nullable LaneHello hello,
    int slotId,
    long firstPage,
    int pageCount,
    long prefetchFirst,
    long prefetchStep,
    int prefetchCount) {
  /** A lane's first message. */
  public static Demand hello(LaneHello hello) {
    return new Demand(hello, 0, 0, 0, 0, 0, 0);
  }

  /** Pages that a vCPU waits for, and nothing else. */
  public static Demand fetch(int slotId, long firstPage, int pageCount) {
    return new Demand(null, slotId, firstPage, pageCount, 0, 0, 0);
  }

  /** The same with pages of the slot that are to follow. */
  public Demand thenPrefetch(long first, long step, int count) {
    return new Demand(hello, slotId, firstPage, pageCount, first, step, count);
  }
}
