package io.pageferry.dest.target;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.pageferry.rpc.loop.DrivenLoop;

/**
 * A descriptor that an event loop watches beside its connections, so that one wait is for all of
 * them. The descriptor stays its owner's, who closes it after the loop has ended.
 */
final class WatchedDescriptor implements EpollIoHandle {
  private final FileDescriptor descriptor;
  private final Runnable whenReadable;

  private WatchedDescriptor(int descriptor, Runnable whenReadable) {
    this.descriptor = new FileDescriptor(descriptor);
    this.whenReadable = whenReadable;
  }

  /**
   * Watches a descriptor from now on. By the loop's thread.
   *
   * @param whenReadable called by the loop's thread, again and again while it is readable; throws
   *     nothing
   */
  static IoRegistration watch(DrivenLoop loop, int descriptor, Runnable whenReadable) {
    IoRegistration registration =
        loop.register(new WatchedDescriptor(descriptor, whenReadable)).getNow();
    if (registration == null) {
      throw new IllegalStateException("A descriptor is watched by its loop's thread only.");
    }
    registration.submit(EpollIoOps.EPOLLIN);
    return registration;
  }

  @Override
  public FileDescriptor fd() {
    return descriptor;
  }

  @Override
  public void handle(IoRegistration registration, IoEvent event) {
    whenReadable.run();
  }

  @Override
  public void close() {}
}
