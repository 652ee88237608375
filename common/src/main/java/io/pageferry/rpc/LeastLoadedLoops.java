package io.pageferry.rpc;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorChooserFactory.EventExecutorChooser;
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Event loops of Netty, with native epoll where it is available. New connections go to the loop
 * with the fewest, so that as long as there are more loops than connections no lane shares a loop
 * with another connection (rule 5).
 */
final class LeastLoadedLoops {
  private LeastLoadedLoops() {}

  /** {@code count} loops whose threads are named {@code name}-N. */
  static EventLoopGroup create(String name, int count) {
    return new CountedLoops(
        count, new ThreadPerTaskExecutor(new DefaultThreadFactory(name, true)), handlers());
  }

  static IoHandlerFactory handlers() {
    return Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
  }

  static Class<? extends ServerChannel> serverChannelType() {
    return Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  static Class<? extends SocketChannel> channelType() {
    return Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  private static final class CountedLoops extends MultiThreadIoEventLoopGroup {
    CountedLoops(int count, Executor executor, IoHandlerFactory handlers) {
      super(count, executor, LeastLoaded::new, handlers);
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory handlers, Object... more) {
      return new PollingLoop(this, executor, handlers);
    }
  }

  /**
   * Among loops with equally few channels it goes round, since a loop counts a channel only a
   * moment after it was given one.
   */
  private static final class LeastLoaded implements EventExecutorChooser {
    private final EventExecutor[] executors;
    private final AtomicInteger turn = new AtomicInteger();

    LeastLoaded(EventExecutor[] executors) {
      this.executors = executors;
    }

    @Override
    public EventExecutor next() {
      int first = Math.floorMod(turn.getAndIncrement(), executors.length);
      EventExecutor best = executors[first];
      for (int i = 1; i < executors.length; i++) {
        EventExecutor candidate = executors[(first + i) % executors.length];
        if (channels(candidate) < channels(best)) {
          best = candidate;
        }
      }
      return best;
    }

    private static int channels(EventExecutor executor) {
      return ((PollingLoop) executor).channels();
    }
  }
}
