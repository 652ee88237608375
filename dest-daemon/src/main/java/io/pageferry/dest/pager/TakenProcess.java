package io.pageferry.dest.pager;

import io.pageferry.dest.handover.HandOver;
import io.pageferry.dest.target.FaultReactor;
import io.pageferry.userfaultfd.Userfaultfd;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a restoration has once a process is handed over. Any thread; ended once.
 *
 * @param handOver the process and its memory; owned
 * @param userfaultfd the same descriptor as that of the hand-over, which owns it
 * @param removed what the process has given back; owned
 * @param reactor takes its faults
 * @param nanos when it was handed over
 */
record TakenProcess(
    HandOver handOver,
    Userfaultfd userfaultfd,
    RemovedPagesFile removed,
    FaultReactor reactor,
    long nanos) {
  private static final Logger LOG = LoggerFactory.getLogger(TakenProcess.class);

  int pid() {
    return handOver.process().pid();
  }

  /** Whether this is the process of a hand-over, and the memory that it names. */
  boolean isOf(HandOver other) {
    return pid() == other.process().pid() && handOver.text().equals(other.text());
  }

  /** How long after the hand-over the first fault was answered; 0 if none was. */
  long firstAnswerMicros() {
    long answered = reactor.firstAnswerNanos();
    return answered == 0 ? 0 : TimeUnit.NANOSECONDS.toMicros(answered - nanos);
  }

  /**
   * Lets go of the process.
   *
   * @param needless whether it needs no pager any more
   * @param guarded whether its guardian has the descriptor too
   */
  void end(boolean needless, boolean guarded) {
    try {
      if (needless) {
        removed.delete();
      } else if (guarded) {
        LOG.error("Pages never came of process {}; its guardian keeps it.", pid());
      } else {
        // Zeros are not what belongs where nothing is yet: better no process than a wrong one.
        LOG.error("Process {} is ended, since pages of it never came.", pid());
        handOver.process().kill();
      }
    } catch (IOException e) {
      LOG.error("What was kept for process {} could not be removed.", pid(), e);
    }
    removed.close();
    handOver.close();
  }
}
