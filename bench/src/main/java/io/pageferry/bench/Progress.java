package io.pageferry.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What a guest got done in a benchmark's iteration; JMH makes a rate a second of each. Their
 * quotient does not depend on how much of a processor a busy host has left for the guest.
 */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Progress {
  /** Time that a guest runs for in an operation, and is then paused. */
  private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Instructions retired. */
  public long instructions;

  /** Time that the vCPUs spent on a processor. */
  public long nanos;

  /** Of one operation. */
  static Progress of(BenchmarkGuest guest) {
    Progress progress = new Progress();
    progress.measure(guest);
    return progress;
  }

  /** An operation. */
  void measure(BenchmarkGuest guest) {
    long instructionsBefore = guest.instructions();
    long nanosBefore = guest.processorNanos();
    guest.runFor(SLICE_NANOS);
    instructions += guest.instructions() - instructionsBefore;
    nanos += guest.processorNanos() - nanosBefore;
  }
}
