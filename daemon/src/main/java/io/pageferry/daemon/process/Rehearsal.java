package io.pageferry.daemon.process;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A daemon's exercise after its start: it moves a small guest through its own code, so that the JVM
 * has compiled that code when the first real guest comes. Nothing depends on it, and it leaves
 * nothing behind.
 *
 * <p>Any thread. {@link #start} once, when the daemon is ready; it ends by itself after its length,
 * or earlier with {@link #stop} or {@link #close}. A play that fails is logged at DEBUG.
 */
public final class Rehearsal implements AutoCloseable {
  /** What a daemon exercises. */
  public interface Play {
    /** Goes on until the thread is interrupted; has released everything when it returns. */
    void perform() throws Exception;
  }

  /** The longest that may be asked for. */
  public static final Duration LONGEST = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  private final Duration length;
  private final Thread thread;
  private boolean stopped;
  private volatile boolean on;

  /** A rehearsal of that length; zero is none. */
  public Rehearsal(Duration length, Play play) {
    this.length = length;
    on = length.isPositive();
    thread = Thread.ofPlatform().daemon().name("rehearsal").unstarted(() -> perform(play));
  }

  /** No rehearsal. */
  public static Rehearsal none() {
    return new Rehearsal(Duration.ZERO, () -> {});
  }

  /** Refuses a length that is negative or longer than {@link #LONGEST}. */
  public static void checkLength(Duration length) {
    if (length.isNegative() || length.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "--rehearsal must be 0s to %ds.".formatted(LONGEST.toSeconds()));
    }
  }

  /** Begins, in the background. No effect once stopped. */
  public void start() {
    try {
      begin();
    } catch (OutOfMemoryError e) {
      stop();
      LOG.warn("The host lets this daemon start no more threads: it does not rehearse.", e);
    }
  }

  private synchronized void begin() {
    if (on) {
      thread.start();
      Thread.ofVirtual().name("rehearsal-end").start(this::endInTime);
    }
  }

  private void perform(Play play) {
    long start = System.nanoTime();
    try {
      play.perform();
    } catch (Exception | Error e) {
      LOG.debug("The rehearsal ended early.", e);
    } finally {
      on = false;
      LOG.debug("The rehearsal is over after {} ns.", System.nanoTime() - start);
    }
  }

  private void endInTime() {
    try {
      if (!thread.join(length)) {
        stop();
        if (thread.join(CLOSE_PATIENCE)) {
          // Now, while nothing waits for this daemon, and not in the first migration: what the
          // rehearsal left in the heap, and with it the memory of heap and buffers.
          System.gc();
        }
      }
    } catch (InterruptedException _) {
      stop();
    }
  }

  /** Whether it is still to begin, or under way. */
  public boolean isOn() {
    return on;
  }

  /** Makes it end at once, without waiting for that. Idempotent. */
  public synchronized void stop() {
    if (!stopped) {
      stopped = true;
      if (thread.getState() == Thread.State.NEW) {
        on = false;
      }
      // Once only: a second one would disturb the play while it cleans up.
      thread.interrupt();
    }
  }

  /** Ends it; nothing of it is left afterwards. Idempotent. */
  @Override
  public void close() {
    stop();
    try {
      if (thread.getState() != Thread.State.NEW && !thread.join(CLOSE_PATIENCE)) {
        LOG.debug("The rehearsal does not end.");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
