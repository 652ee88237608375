package io.pageferry.rpc.loop;

import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SingleThreadIoEventLoop;
import io.pageferry.host.ThreadSlice;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * An event loop that polls for a while, instead of blocking at once, after a message to which the
 * peer is expected to react soon; see {@link AdaptiveWait}. Its thread has a short {@link
 * ThreadSlice}.
 */
public final class PollingLoop extends SingleThreadIoEventLoop {
  private static final ThreadLocal<@Nullable PollingLoop> CURRENT = new ThreadLocal<>();

  private final AdaptiveWait wait = new AdaptiveWait();
  private final UnblockedIo unblocked = new UnblockedIo();
  private long lastNanos = System.nanoTime();
  private long pollUntilNanos = lastNanos;

  PollingLoop(IoEventLoopGroup parent, Executor executor, IoHandlerFactory handlers) {
    super(parent, executor, handlers);
  }

  /**
   * A message was answered and the next is expected when the answer has arrived. Called on an event
   * loop; elsewhere without effect.
   */
  public static void expectMore() {
    PollingLoop loop = CURRENT.get();
    if (loop != null) {
      long now = System.nanoTime();
      loop.wait.waited(now - loop.lastNanos);
      loop.lastNanos = now;
      loop.pollUntilNanos = now + loop.wait.pollNanos(now);
    }
  }

  /** The loop that the calling thread is, or null. */
  public static @Nullable PollingLoop current() {
    return CURRENT.get();
  }

  @Override
  protected void run() {
    CURRENT.set(this);
    // Whoever else needs this core, a vCPU above all, is not to wait for long.
    ThreadSlice.shorten();
    super.run();
  }

  @Override
  protected int runIo() {
    long look = System.nanoTime();
    while (look < pollUntilNanos) {
      int handled = ioHandler().run(unblocked);
      if (handled > 0) {
        return handled;
      }
      if (hasTasks()) {
        return 0;
      }
      look = wait.foundNothing(look);
    }
    return super.runIo();
  }
}
