package io.pageferry.rpc;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadIoEventLoop;
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

/**
 * Event loops of Netty, with native epoll where it is available. New connections go to the loop
 * with the fewest, so that as long as there are more loops than connections no lane shares a loop
 * with another connection (rule 5).
 */
final class LeastLoadedLoops {
  private LeastLoadedLoops() {}

  /** {@code count} loops whose threads are named {@code name}-N. */
  static EventLoopGroup create(String name, int count) {
    return new MultiThreadIoEventLoopGroup(
        count,
        new ThreadPerTaskExecutor(new DefaultThreadFactory(name, true)),
        LeastLoaded::new,
        handlers()) {
      @Override
      protected IoEventLoop newChild(
          Executor executor, IoHandlerFactory handlerFactory, Object... none) {
        return new PollingLoop(this, executor, handlerFactory);
      }
    };
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

  private static final class LeastLoaded implements EventExecutorChooser {
    private final EventExecutor[] executors;

    LeastLoaded(EventExecutor[] executors) {
      this.executors = executors;
    }

    @Override
    public EventExecutor next() {
      EventExecutor best = executors[0];
      int fewest = Integer.MAX_VALUE;
      for (EventExecutor executor : executors) {
        int channels =
            executor instanceof SingleThreadIoEventLoop loop ? loop.registeredChannels() : 0;
        if (channels < fewest) {
          fewest = channels;
          best = executor;
        }
      }
      return best;
    }
  }
}
