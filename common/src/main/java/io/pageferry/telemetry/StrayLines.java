package io.pageferry.telemetry;

import java.util.concurrent.RejectedExecutionException;
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

  /**
   * Reports work that comes for a connection whose event loop has ended, as at the end of a server;
   * that is no defect. Held here, since java.util.logging forgets loggers that nobody holds.
   */
  private static final java.util.logging.Logger ENDED_LOOPS =
      java.util.logging.Logger.getLogger("io.grpc.internal.SerializingExecutor");

  private StrayLines() {}

  /** From now on, for the whole process. */
  public static void catchAll() {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    ENDED_LOOPS.setFilter(line -> !(line.getThrown() instanceof RejectedExecutionException));
    Thread.setDefaultUncaughtExceptionHandler((thread, error) ->
        LOG.error("Thread {} has ended by an exception.", thread.getName(), error));
  }
}
