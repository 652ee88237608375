package io.pageferry.dest.fault;

import io.pageferry.fault.GuestPages;
import io.pageferry.fault.SlotPages;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Missing pages that vCPUs have asked the source for, so that a page on which several vCPUs fault
 * is asked for once. Any thread; nothing is allocated or locked.
 *
 * <p>A vCPU waits for one page at a time, so few pages are asked for at once, and a small table is
 * enough: each page has one place in it, which it shares with others. If the place is taken by
 * another page that is still missing, the request is made and not noted. Then a second vCPU that
 * faults on the same page may ask for it again; the source sends it twice, and the second copy is
 * dropped.
 */
final class RequestedPages {
  private static final long NONE = -1;
  private static final int PLACES_FOR_EACH_VCPU = 64;

  /** Spreads neighbouring pages, and pages at a power of two from each other: 2^64 / φ. */
  private static final long SPREAD = 0x9e37_79b9_7f4a_7c15L;

  private final GuestPages guest;
  private final AtomicLongArray places;
  private final int shift;

  RequestedPages(GuestPages guest, int vcpus) {
    this.guest = guest;
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(PLACES_FOR_EACH_VCPU * vcpus - 1);
    shift = Long.SIZE - bits;
    places = new AtomicLongArray(1 << bits);
    forget();
  }

  private int place(long number) {
    return (int) ((number * SPREAD) >>> shift);
  }

  /**
   * A vCPU needs a missing page.
   *
   * @return whether it has to ask for it; of several that need the same page, the first
   */
  boolean ask(SlotPages slot, long page) {
    long number = slot.numberOf(page);
    int place = place(number);
    while (true) {
      long other = places.get(place);
      if (other == number) {
        return false;
      }
      if (other != NONE && !guest.isPresent(other)) {
        return true;
      }
      if (places.compareAndSet(place, other, number)) {
        return true;
      }
    }
  }

  /** A page that was asked for is present. */
  void answered(SlotPages slot, long page) {
    long number = slot.numberOf(page);
    var _ = places.compareAndSet(place(number), number, NONE);
  }

  /** What was asked for may never come: each missing page may be asked for again. */
  void forget() {
    for (int place = 0; place < places.length(); place++) {
      places.set(place, NONE);
    }
  }
}
