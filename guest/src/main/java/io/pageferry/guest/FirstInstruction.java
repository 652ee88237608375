package io.pageferry.guest;

import java.util.Collection;
import java.util.OptionalLong;

/**
 * When a vCPU whose state was loaded executed its first instruction here.
 *
 * <p>Of one vCPU, whose thread calls {@link #isAwaited} and {@link #executed}; {@link #at} is for
 * any thread. A vCPU that starts from nothing awaits none.
 */
public final class FirstInstruction {
  private static final long NEVER = Long.MIN_VALUE;

  private boolean awaited;
  private volatile long nanos = NEVER;

  /** The state was loaded; before the vCPU runs. */
  public void await() {
    awaited = true;
  }

  /** Whether the next instruction is the first, so that it should be the last before a look. */
  public boolean isAwaited() {
    return awaited;
  }

  /** An instruction was executed; the first after {@link #await} counts. */
  public void executed() {
    if (awaited) {
      awaited = false;
      nanos = System.nanoTime();
    }
  }

  /** When, as {@link System#nanoTime} has it; empty until it is known. */
  public OptionalLong at() {
    long at = nanos;
    return at == NEVER ? OptionalLong.empty() : OptionalLong.of(at);
  }

  /**
   * The earliest of some vCPUs, in nanoseconds after {@code start}, at least 1; 0 until it is
   * known.
   */
  public static long after(long start, Collection<? extends Vcpu> vcpus) {
    return vcpus.stream()
        .flatMapToLong(vcpu -> vcpu.firstInstruction().at().stream())
        // The clock has no zero: only differences can be compared.
        .map(at -> Math.max(1, at - start))
        .min()
        .orElse(0);
  }
}
