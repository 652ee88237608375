package io.pageferry.dest.timing;

import io.pageferry.dest.prefetch.Prefetch;
import io.pageferry.proto.v1.PageOrigin;
import io.pageferry.wire.LaneKind;
import org.jspecify.annotations.Nullable;

/**
 * One fault of one vCPU, from exit to re-entry. One object a vCPU, used for one fault after the
 * other by the vCPU's thread alone. Times are {@link System#nanoTime}.
 */
public final class Fault {
  /** When the request of a fault that sent none was written. */
  public static final long NOT_SENT = 0;

  private final int vcpu;
  private long address;
  private int slotId;
  private long page;
  private long exitNanos;
  private long sentNanos;
  private long onWireNanos;
  private long inPlaceNanos;
  private long reentryNanos;
  private boolean asked;
  private boolean sent;
  private boolean expected;
  private PageOrigin origin = PageOrigin.PAGE_ORIGIN_UNSPECIFIED;
  private @Nullable FaultEvent event;

  /** What this vCPU's latest fetch brings along, and of which slot. */
  private Prefetch prefetch = Prefetch.NONE;

  private int prefetchSlotId;

  /** The faults of a vCPU. */
  public Fault(int vcpu) {
    this.vcpu = vcpu;
  }

  /** The vCPU has left the guest because of a page. */
  public void begin(long guestPhysicalAddress, int slot, long pageOfSlot, long nanos) {
    address = guestPhysicalAddress;
    slotId = slot;
    page = pageOfSlot;
    exitNanos = nanos;
    sentNanos = nanos;
    asked = false;
    sent = false;
    expected = slot == prefetchSlotId && prefetch.contains(pageOfSlot);
  }

  /**
   * The vCPU was the first to want the page.
   *
   * @param nanos when the fetch was written; {@link #NOT_SENT} if none was
   * @param along what is to follow the page
   */
  public void fetched(long nanos, Prefetch along) {
    asked = true;
    if (nanos == NOT_SENT) {
      sentNanos = System.nanoTime();
      return;
    }
    sent = true;
    sentNanos = nanos;
    prefetch = along;
    prefetchSlotId = slotId;
  }

  /**
   * The vCPU is about to be entered again.
   *
   * @param lane what brought the page; only meaningful if {@code installedNanos} is
   * @param arrivedNanos when the page's frame began to be parsed
   * @param installedNanos when its bytes were in place; 0 if it was present before the vCPU was
   *     seen waiting, or it was kicked: then only the total is known
   */
  public void end(@Nullable LaneKind lane, long arrivedNanos, long installedNanos) {
    reentryNanos = System.nanoTime();
    if (installedNanos == 0) {
      origin = PageOrigin.PAGE_ORIGIN_UNSPECIFIED;
      return;
    }
    // A page that another vCPU or the drain had under way may arrive before this one's request is
    // out.
    onWireNanos = Math.max(arrivedNanos, sentNanos);
    inPlaceNanos = Math.max(installedNanos, onWireNanos);
    origin = origin(lane);
  }

  private PageOrigin origin(@Nullable LaneKind lane) {
    if (lane == LaneKind.DRAIN) {
      return PageOrigin.PAGE_ORIGIN_DRAIN;
    }
    // What a fetch brings along comes before the answer to a later one, on the same connection.
    return expected || (asked && !sent)
        ? PageOrigin.PAGE_ORIGIN_PREFETCH
        : PageOrigin.PAGE_ORIGIN_FETCH;
  }

  int vcpu() {
    return vcpu;
  }

  /** Guest physical address of the access. */
  long address() {
    return address;
  }

  int slotId() {
    return slotId;
  }

  /** Number of the page in its slot. */
  long page() {
    return page;
  }

  long exitNanos() {
    return exitNanos;
  }

  /** What brought the page; unspecified if the parts are not known. */
  PageOrigin origin() {
    return origin;
  }

  /** Whether more than the total is known. */
  boolean hasParts() {
    return origin != PageOrigin.PAGE_ORIGIN_UNSPECIFIED;
  }

  long totalNanos() {
    return reentryNanos - exitNanos;
  }

  long queueNanos() {
    return hasParts() ? sentNanos - exitNanos : 0;
  }

  long wireNanos() {
    return hasParts() ? onWireNanos - sentNanos : 0;
  }

  long installNanos() {
    return hasParts() ? inPlaceNanos - onWireNanos : 0;
  }

  long resumeNanos() {
    return hasParts() ? reentryNanos - inPlaceNanos : 0;
  }

  /** Its event, if a recording wants one. */
  @Nullable FaultEvent event() {
    return event;
  }

  void setEvent(@Nullable FaultEvent event) {
    this.event = event;
  }
}
