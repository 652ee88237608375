package io.pageferry.telemetry;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Brings into a daemon's log what would otherwise be printed beside it, in another format and on
 * the thread that has something to say: records of {@code java.util.logging} (gRPC, the JDK's HTTP
 * server) and exceptions that end a thread. Stateless; any thread.
 */
public final class StrayLines {
  private static final Logger LOG = LoggerFactory.getLogger(StrayLines.class);

  private StrayLines() {}

  /** From now on, for the whole process. */
  public static void catchAll() {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    Thread.setDefaultUncaughtExceptionHandler((thread, error) ->
        LOG.error("Thread {} has ended by an exception.", thread.getName(), error));
  }
}
