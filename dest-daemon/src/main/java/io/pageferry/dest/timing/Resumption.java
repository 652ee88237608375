package io.pageferry.dest.timing;

import io.pageferry.guest.FirstInstruction;
import io.pageferry.guest.Vcpu;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The time from a guest's resumption to its first instruction. What has not happened after some
 * seconds is not measured: somebody has paused the guest. Any thread.
 */
public final class Resumption {
  private static final long LIMIT_NANOS = 5_000_000_000L;

  private volatile long nanos;

  /** Null before, and once the time is known: what is measured is not to keep a guest. */
  private volatile @Nullable Going going;

  private record Going(long sinceNanos, List<? extends Vcpu> vcpus) {}

  /** The guest was resumed. */
  public void resumed(long atNanos, List<? extends Vcpu> vcpus) {
    going = new Going(atNanos, vcpus);
  }

  /** The time, in nanoseconds; 0 until it is known, and if the guest did not go on. */
  public long toFirstInstruction() {
    Going now = going;
    if (now == null) {
      return nanos;
    }
    long after = FirstInstruction.after(now.sinceNanos(), now.vcpus());
    boolean known = after != 0 && after <= LIMIT_NANOS;
    if (known) {
      nanos = after;
    }
    if (known || System.nanoTime() - now.sinceNanos() > LIMIT_NANOS) {
      going = null;
    }
    return nanos;
  }
}
