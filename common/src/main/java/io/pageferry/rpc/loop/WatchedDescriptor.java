package io.pageferry.rpc.loop;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.unix.FileDescriptor;

/** A descriptor that an event loop looks after besides its connections, and does not own. */
final class WatchedDescriptor implements EpollIoHandle {
  private final FileDescriptor descriptor;
  private final Runnable readable;

  /** Calls {@code readable} on the event loop while there is something to read. */
  WatchedDescriptor(int descriptor, Runnable readable) {
    this.descriptor = new FileDescriptor(descriptor);
    this.readable = readable;
  }

  @Override
  public FileDescriptor fd() {
    return descriptor;
  }

  @Override
  public void handle(IoRegistration registration, IoEvent event) {
    readable.run();
  }

  @Override
  public void close() {
    // Its owner closes it.
  }
}
