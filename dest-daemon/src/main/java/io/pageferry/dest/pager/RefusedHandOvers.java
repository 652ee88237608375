package io.pageferry.dest.pager;

import io.pageferry.dest.handover.HandOver;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hand-overs that were refused although they brought a userfaultfd. It is kept as long as the
 * process lives: if it were closed, the process would read zeros where its memory is missing, and
 * go on. So it waits at the first such page, until somebody ends it. Any thread.
 */
final class RefusedHandOvers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RefusedHandOvers.class);
  private static final int MOST = 64;

  private final Deque<HandOver> kept = new ArrayDeque<>();

  /** Keeps one more; of too many, the oldest process is ended. */
  synchronized void keep(HandOver refused) {
    if (kept.size() == MOST) {
      end(kept.removeFirst());
    }
    kept.addLast(refused);
    LOG.warn(
        "Process {} waits for pages that never come, since its hand-over was refused; end it.",
        refused.process().pid());
  }

  /** Processes that have ended need nothing any more. */
  synchronized void forgetEnded() {
    kept.removeIf(handOver -> {
      boolean ended = hasEnded(handOver);
      if (ended) {
        handOver.close();
      }
      return ended;
    });
  }

  private static boolean hasEnded(HandOver handOver) {
    try {
      return handOver.process().hasEnded();
    } catch (IOException e) {
      LOG.debug("A process cannot be looked at.", e);
      return false;
    }
  }

  private static void end(HandOver handOver) {
    try {
      handOver.process().kill();
    } catch (IOException e) {
      LOG.error("Process {} could not be ended.", handOver.process().pid(), e);
    }
    handOver.close();
  }

  /** Ends the processes: nobody keeps their userfaultfd any more. */
  @Override
  public synchronized void close() {
    kept.forEach(RefusedHandOvers::end);
    kept.clear();
  }
}
