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
  private volatile long halted = NEVER;

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

  /** The vCPU has nothing to do before an interrupt comes: it could have gone on. */
  public void waits() {
    if (awaited && halted == NEVER) {
      halted = System.nanoTime();
    }
  }

  /** When, as {@link System#nanoTime} has it; empty until it is known. */
  public OptionalLong at() {
    return known(nanos);
  }

  private static OptionalLong known(long at) {
    return at == NEVER ? OptionalLong.empty() : OptionalLong.of(at);
  }

  /**
   * When a machine went on, in nanoseconds after {@code start}, at least 1; 0 until it is known. It
   * is the first instruction of all its vCPUs, or the moment from which all of them had nothing to
   * do, if that came before.
   */
  public static long after(long start, Collection<? extends Vcpu> vcpus) {
    long first = Long.MAX_VALUE;
    long allWait = 1;
    for (Vcpu vcpu : vcpus) {
      FirstInstruction mark = vcpu.firstInstruction();
      first = Math.min(first, after(start, known(mark.nanos)));
      allWait = Math.max(allWait, after(start, known(mark.halted)));
    }
    long at = Math.min(first, allWait);
    return at == Long.MAX_VALUE ? 0 : at;
  }

  /** The clock has no zero: only differences can be compared. */
  private static long after(long start, OptionalLong at) {
    return at.isPresent() ? Math.max(1, at.getAsLong() - start) : Long.MAX_VALUE;
  }
}
