package io.pageferry.dest.link;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.pageferry.config.HostPort;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.Role;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.rpc.WrongPeer;
import io.pageferry.wire.FrameSize;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The destination's end of one lane: a call to the source on a connection of its own. Frames are
 * taken in by the method's marshaller, on the connection's event loop.
 *
 * <p>{@link #send} may be called by any thread; the monitor guards the call, which is not
 * thread-safe.
 */
final class Lane<Q> implements AutoCloseable {
  private static final int ALL = Integer.MAX_VALUE;

  private final String name;
  private final String source;
  private final RpcChannel channel;
  private final ClientCall<Q, FrameSize> call;
  private final CompletableFuture<Void> attached = new CompletableFuture<>();
  private final LongAdder bytesReceived = new LongAdder();

  /** How the lane ended, if the source gave no reason. Written before {@code attached} is. */
  private @Nullable volatile Status unexplained;

  private boolean closed;

  /**
   * Connects and says hello.
   *
   * @param channel the connection, which ends with the lane, also with one that cannot be made
   * @param listener told once, when it ends other than by {@link #close}
   */
  Lane(
      String name,
      String source,
      RpcChannel channel,
      MethodDescriptor<Q, FrameSize> method,
      Q hello,
      LaneListener listener) {
    this.name = name;
    this.source = source;
    this.channel = channel;
    try {
      // A call ends with the context it was made in. Lanes are made while Prepare is served, and
      // outlive it.
      Context served = Context.ROOT.attach();
      try {
        call = channel.channel().newCall(method, CallOptions.DEFAULT);
        call.start(new Listener(listener), new Metadata());
      } finally {
        Context.ROOT.detach(served);
      }
      call.request(ALL);
      send(hello);
    } catch (RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  private final class Listener extends ClientCall.Listener<FrameSize> {
    private final LaneListener listener;

    Listener(LaneListener listener) {
      this.listener = listener;
    }

    @Override
    public void onMessage(FrameSize frame) {
      bytesReceived.add(frame.bytes());
      attached.complete(null);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      PageFerryException error =
          ErrorStatus.fromPeer(status, trailers)
              .orElseGet(() -> {
                unexplained = status.getCause() instanceof PageFerryException ? null : status;
                return unreachable(status);
              });
      attached.completeExceptionally(error);
      if (markClosed()) {
        listener.laneEnded(
            name, status.isOk() ? status : status.withDescription(error.getMessage()));
      }
    }
  }

  private PageFerryException unreachable(Status status) {
    Throwable cause = status.getCause();
    if (cause instanceof PageFerryException known) {
      return known;
    }
    return new PageFerryException(
        ErrorCode.LANE_LOST,
        "The " + name + " lane to the source " + source + " ended: " + detail(status) + ".",
        cause);
  }

  private static String detail(Status status) {
    Throwable cause = status.getCause();
    String why = cause == null ? status.getDescription() : cause.getMessage();
    return status.getCode() + (why == null ? "" : ", " + why);
  }

  /**
   * Waits until the source has accepted the lane.
   *
   * @throws PageFerryException the source's reason, or LANE_LOST
   */
  void awaitAttached(long timeoutMillis) {
    try {
      attached.get(timeoutMillis, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw wrongPeer(unexplained)
          .orElseGet(() ->
              e.getCause() instanceof PageFerryException known
                  ? known
                  : new PageFerryException(ErrorCode.LANE_LOST, String.valueOf(e.getMessage()), e));
    } catch (TimeoutException e) {
      throw wrongPeer(Status.DEADLINE_EXCEEDED)
          .orElseGet(() ->
              new PageFerryException(
                  ErrorCode.LANE_LOST,
                  "The source "
                      + source
                      + " did not accept the "
                      + name
                      + " lane within "
                      + timeoutMillis
                      + " ms; check the address it advertises.",
                  e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PageFerryException(
          ErrorCode.CANCELLED, "Connecting to the source " + source + " was interrupted.", e);
    }
  }

  private Optional<PageFerryException> wrongPeer(@Nullable Status end) {
    if (end == null) {
      return Optional.empty();
    }
    return WrongPeer.describe(HostPort.parse(source), channel.channel(), Role.ROLE_SOURCE, end)
        .map(found ->
            new PageFerryException(
                ErrorCode.LANE_LOST,
                found + "; check the address that the source advertises (--advertise)."));
  }

  /** Sends a message; no effect once closed. */
  synchronized void send(Q message) {
    if (!closed) {
      call.sendMessage(message);
    }
  }

  /** Bytes of frames taken in. */
  long bytesReceived() {
    return bytesReceived.sum();
  }

  private synchronized boolean markClosed() {
    boolean first = !closed;
    closed = true;
    return first;
  }

  /** Ends the call and the connection. Idempotent. */
  @Override
  public void close() {
    if (markClosed()) {
      call.cancel("The destination closed the lane.", null);
    }
    channel.close();
  }
}
