package io.pageferry.rpc.loop;

import io.netty.channel.IoHandlerContext;

/** Tells an event loop's I/O to handle what is ready and return. Stateless. */
final class UnblockedIo implements IoHandlerContext {
  @Override
  public boolean canBlock() {
    return false;
  }

  @Override
  public long delayNanos(long currentTimeNanos) {
    return 0;
  }

  @Override
  public long deadlineNanos() {
    return -1;
  }
}
