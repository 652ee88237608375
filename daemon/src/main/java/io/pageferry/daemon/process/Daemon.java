package io.pageferry.daemon.process;

import io.pageferry.config.HostPort;
import java.time.Duration;
import java.util.Optional;

/**
 * A daemon from its start to its end: {@link #start}, {@link #finish}, {@link #loss}, {@link
 * #close}, each once and in that order. One thread.
 */
public interface Daemon extends AutoCloseable {
  /** Listens. */
  void start();

  /** Where its services listen. */
  HostPort address();

  /** Where metrics and health are served. */
  HostPort metricsAddress();

  /**
   * Refuses new work from now on, and brings the migration that runs to an end: calls it off before
   * switchover, completes it after. Returns when that is done, or the time is up.
   */
  void finish(Duration grace) throws InterruptedException;

  /** A sentence on the guest that ends with this daemon as things stand; empty if none does. */
  Optional<String> loss();

  @Override
  void close();
}
