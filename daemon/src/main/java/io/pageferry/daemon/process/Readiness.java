package io.pageferry.daemon.process;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.util.Optional;

/** Whether a daemon takes work: not yet, now, or no more. Any thread. */
public final class Readiness {
  private enum Stage {
    STARTING,
    READY,
    STOPPING
  }

  private volatile Stage stage = Stage.STARTING;

  /** Takes work from now on. */
  public synchronized void ready() {
    if (stage == Stage.STARTING) {
      stage = Stage.READY;
    }
  }

  /** Takes no more work. */
  public synchronized void stopping() {
    stage = Stage.STOPPING;
  }

  /** Why it takes none, in a word; empty if it does. */
  public Optional<String> obstacle() {
    return switch (stage) {
      case STARTING -> Optional.of("starting");
      case READY -> Optional.empty();
      case STOPPING -> Optional.of("stopping");
    };
  }

  /**
   * Nothing until the daemon is to end.
   *
   * @param work what is asked for, for the sentence
   * @throws PageFerryException SHUTTING_DOWN then
   */
  public void requireNotStopping(String work) {
    if (stage == Stage.STOPPING) {
      throw new PageFerryException(
          ErrorCode.SHUTTING_DOWN,
          "The daemon is about to end and does not " + work + " any more; ask another one.");
    }
  }
}
