package io.pageferry.rpc;

import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.EventLoopGroup;
import io.pageferry.host.Ending;
import io.pageferry.host.ThreadSlice;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.MigrationServiceGrpc;
import io.pageferry.proto.v1.PageServiceGrpc;
import io.pageferry.rpc.loop.LeastLoadedLoops;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A daemon's gRPC server: its services, health and reflection on one port.
 *
 * <p>Page lanes are served on the event loop of their connection, without a hand-off; migrations
 * are controlled on threads that get a core at once, since the guest stands still meanwhile;
 * everything else on virtual threads. The latter two may block. {@link #start} once, {@link #close}
 * once.
 */
public final class RpcServer implements AutoCloseable {
  /** Largest message taken from a peer or client, in bytes. */
  public static final int MAX_MESSAGE_BYTES = 16 << 20;

  /** A demand lane for each of 64 vCPUs, the drain lane, and some for control. */
  private static final int LOOPS = 72;

  /** More calls at a time than these are nobody's migration. */
  private static final int SWITCHOVER_THREADS = 32;

  private static final int WINDOW_BYTES = 16 << 20;
  private static final long KEEPALIVE_SECONDS = 10;
  private static final long IDLE_THREAD_SECONDS = 1;
  private static final long KEEPALIVE_TIMEOUT_SECONDS = 5;

  private final EventLoopGroup boss = LeastLoadedLoops.create("accept", 1);
  private final EventLoopGroup loops = LeastLoadedLoops.create("serve", LOOPS);
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();

  /** Never shut down, since connections that end still have work for it; idle threads end soon. */
  private final Executor switchover =
      new ThreadPoolExecutor(
          0,
          SWITCHOVER_THREADS,
          IDLE_THREAD_SECONDS,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          switchoverThreads());

  private final HealthStatusManager health = new HealthStatusManager();
  private final InetSocketAddress address;
  private final Server server;
  private final AtomicBoolean ending = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();

  /** A server for {@code services}, not started. */
  public RpcServer(
      InetSocketAddress address,
      List<BindableService> services,
      List<ServerServiceDefinition> definitions) {
    this.address = address;
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address)
            .channelType(LeastLoadedLoops.serverChannelType())
            .bossEventLoopGroup(boss)
            .workerEventLoopGroup(loops)
            .executor(blocking)
            .callExecutor(new ThreadsByService())
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .flowControlWindow(WINDOW_BYTES)
            .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveTime(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance());
    services.forEach(builder::addService);
    definitions.forEach(builder::addService);
    server = builder.build();
  }

  /**
   * Listens.
   *
   * @throws PageFerryException PORT_IN_USE if the address cannot be bound
   */
  public void start() {
    try {
      server.start();
      health.setStatus("", ServingStatus.SERVING);
    } catch (IOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      close();
      throw new PageFerryException(
          ErrorCode.PORT_IN_USE,
          "The daemon cannot listen on "
              + address.getHostString()
              + ":"
              + address.getPort()
              + " ("
              + cause.getMessage()
              + "); stop what uses the port or choose another with --listen.",
          e);
    }
  }

  /** Says NOT_SERVING to whoever asks for health from now on, and serves as before. */
  public void announceEnd() {
    if (!ending.getAndSet(true)) {
      health.enterTerminalState();
    }
  }

  /** The port listened on. */
  public int port() {
    return server.getPort();
  }

  /** Ends every call and stops listening. Idempotent. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    // A loop that never ran starts a thread to end, which the host may not allow.
    Ending.all(
        this::announceEnd,
        server::shutdownNow,
        this::awaitCalls,
        () -> end(boss),
        () -> end(loops),
        blocking::shutdownNow);
  }

  private static void end(EventLoopGroup group) {
    var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private void awaitCalls() {
    try {
      var _ = server.awaitTermination(2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** On a thread of its own, or on a virtual one where there are no more. */
  private void onSwitchoverThread(Runnable work) {
    try {
      switchover.execute(work);
    } catch (OutOfMemoryError | RejectedExecutionException _) {
      blocking.execute(work);
    }
  }

  private static ThreadFactory switchoverThreads() {
    ThreadFactory threads = Thread.ofPlatform().daemon().name("switchover-", 0).factory();
    return work ->
        threads.newThread(() -> {
          ThreadSlice.shorten();
          work.run();
        });
  }

  private final class ThreadsByService implements ServerCallExecutorSupplier {
    @Override
    public <Q, R> @Nullable Executor getExecutor(ServerCall<Q, R> call, Metadata metadata) {
      String service = call.getMethodDescriptor().getServiceName();
      if (PageServiceGrpc.SERVICE_NAME.equals(service)) {
        return Runnable::run;
      }
      return MigrationServiceGrpc.SERVICE_NAME.equals(service)
          ? RpcServer.this::onSwitchoverThread
          : null;
    }
  }
}
