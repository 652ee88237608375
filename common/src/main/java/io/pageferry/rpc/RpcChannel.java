package io.pageferry.rpc;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.pageferry.config.HostPort;
import io.pageferry.rpc.loop.DrivenLoop;
import io.pageferry.rpc.loop.LeastLoadedLoops;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A connection to a peer, with an event loop of its own (rule 5: lanes share nothing). Opened by
 * the first call; {@link #close} ends its calls. Any thread.
 */
public final class RpcChannel implements AutoCloseable {
  private static final int WINDOW_BYTES = 16 << 20;

  /** For each address of a host: of several, the next is tried before whoever waits gives up. */
  private static final int CONNECT_TIMEOUT_MILLIS = 2_000;

  private static final long KEEPALIVE_SECONDS = 10;
  private static final long KEEPALIVE_TIMEOUT_SECONDS = 5;

  private static final long END_SECONDS = 2;

  private final EventLoopGroup loop;
  private final boolean ownsLoop;
  private final ManagedChannel channel;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * A channel whose thread is named after what it carries.
   *
   * @param target host:port
   * @param onLoop whether callbacks run on the event loop itself, which they must then not block
   */
  public RpcChannel(String name, String target, boolean onLoop) {
    this(LeastLoadedLoops.create(name, 1), true, target, onLoop);
  }

  /** A channel whose messages the thread that waits for them handles itself. */
  public RpcChannel(DrivenLoop loop, String target) {
    this(loop, true, target, true);
  }

  private RpcChannel(EventLoopGroup loop, boolean ownsLoop, String target, boolean onLoop) {
    this.loop = loop;
    this.ownsLoop = ownsLoop;
    try {
      channel = connectionless(loop, target, onLoop);
    } catch (RuntimeException | Error e) {
      shutDown();
      throw e;
    }
  }

  /** A channel on a loop that stays its owner's, who ends it after the channel. */
  public static RpcChannel on(DrivenLoop loop, String target) {
    return new RpcChannel(loop, false, target, true);
  }

  private static ManagedChannel connectionless(EventLoopGroup loop, String target, boolean onLoop) {
    NettyChannelBuilder builder =
        builder(HostPort.parse(target))
            .channelType(LeastLoadedLoops.channelType())
            .eventLoopGroup(loop)
            .flowControlWindow(WINDOW_BYTES)
            .maxInboundMessageSize(RpcServer.MAX_MESSAGE_BYTES)
            .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .keepAliveWithoutCalls(true);
    return onLoop ? builder.directExecutor().build() : builder.build();
  }

  /**
   * A channel for administration, on threads that all of them share. Whoever asks for it shuts it
   * down.
   */
  public static ManagedChannel shared(HostPort address) {
    return builder(address)
        .maxInboundMessageSize(RpcServer.MAX_MESSAGE_BYTES)
        // A call without an end is to notice that the daemon hangs or its host is gone.
        .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .build();
  }

  private static NettyChannelBuilder builder(HostPort address) {
    return NettyChannelBuilder.forTarget(HostResolver.target(address.toConnectTo()))
        .usePlaintext()
        // Daemons are reached directly: a web proxy of the JVM's settings is not for them.
        .proxyDetector(_ -> null)
        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS);
  }

  /** Whether there is a connection now, and a peer at its end that speaks HTTP/2. */
  public boolean isConnected() {
    return channel.getState(false) == ConnectivityState.READY;
  }

  /** The channel for stubs and calls. */
  public ManagedChannel channel() {
    return channel;
  }

  /** Ends every call and the connection, without waiting for that. Idempotent. */
  @Override
  public void close() {
    channel.shutdownNow();
    if (!closed.getAndSet(true)) {
      try {
        var _ = Thread.ofVirtual().name("channel-end").start(this::endLoop);
      } catch (OutOfMemoryError _) {
        // Where threads are short, the loop's own must not be kept.
        shutDown();
      }
    }
  }

  /** The channel may still have something for the loop to do; without one it would panic. */
  private void endLoop() {
    try {
      var _ = channel.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      shutDown();
    }
  }

  private void shutDown() {
    if (ownsLoop) {
      var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }
}
