package io.pageferry.dest.pager;

import io.pageferry.dest.handover.HandOver;
import io.pageferry.dest.target.FaultReactor;
import io.pageferry.userfaultfd.Userfaultfd;
import java.util.concurrent.TimeUnit;

/**
 * What there is of a restoration once a process is handed over.
 *
 * @param removed pages that the process has given back
 * @param nanos when it was taken
 */
record Taken(
    HandOver handOver,
    Userfaultfd userfaultfd,
    RemovedPagesFile removed,
    FaultReactor reactor,
    long nanos) {
  int pid() {
    return handOver.process().pid();
  }

  /** From the hand-over to the first fault that was answered; 0 if none was. */
  long firstAnswerMicros() {
    long answered = reactor.firstAnswerNanos();
    return answered == 0 ? 0 : TimeUnit.NANOSECONDS.toMicros(answered - nanos);
  }
}
