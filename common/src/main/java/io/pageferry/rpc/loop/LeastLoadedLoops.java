package io.pageferry.rpc.loop;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
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
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Event loops of Netty, with native epoll where it is available. New connections go to the loop
 * with the fewest, so that as long as there are more loops than connections no lane shares a loop
 * with another connection (rule 5).
 */
public final class LeastLoadedLoops {
  private LeastLoadedLoops() {}

  /** {@code count} loops whose threads are named {@code name}-N. */
  public static EventLoopGroup create(String name, int count) {
    return new CountedLoops(
        count, new ThreadPerTaskExecutor(new DefaultThreadFactory(name, true)), handlers());
  }

  /** Native epoll, or the JDK's selectors. */
  public static IoHandlerFactory handlers() {
    return Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
  }

  /** Listening sockets for {@link #handlers}. */
  public static Class<? extends ServerChannel> serverChannelType() {
    return Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  /** Connections for {@link #handlers}. */
  public static Class<? extends SocketChannel> channelType() {
    return Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /**
   * Counts the connections of each loop from the moment that it is given one. Among loops with
   * equally few it takes the first, so that no more threads run than there were connections at a
   * time.
   */
  private static final class CountedLoops extends MultiThreadIoEventLoopGroup {
    /** By the number of the loop; guarded by this object's monitor. */
    private final int[] connections;

    private final List<EventExecutor> loops = new ArrayList<>();

    CountedLoops(int count, Executor executor, IoHandlerFactory handlers) {
      super(count, executor, handlers);
      connections = new int[count];
      forEach(loops::add);
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory handlers, Object... more) {
      return new PollingLoop(this, executor, handlers);
    }

    @Override
    public ChannelFuture register(Channel channel) {
      int loop = take();
      channel.closeFuture().addListener(_ -> giveBack(loop));
      return ((EventLoop) loops.get(loop)).register(channel);
    }

    private synchronized int take() {
      int best = 0;
      for (int loop = 1; loop < connections.length; loop++) {
        if (connections[loop] < connections[best]) {
          best = loop;
        }
      }
      connections[best]++;
      return best;
    }

    private synchronized void giveBack(int loop) {
      connections[loop]--;
    }
  }
}
