package io.pageferry.source.serve;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.wire.OutgoingFrame;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The source's end of one lane: a call of the destination's, attached to the session that its hello
 * names.
 *
 * <p>gRPC calls it on the event loop of the lane's connection. Other threads may call {@link #end};
 * every use of the call is under the lane's monitor, because a call is not thread-safe.
 */
abstract class Lane<Q> extends ServerCall.Listener<Q> {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  private final ServerCall<Q, OutgoingFrame> call;
  private final Sessions sessions;
  private final LongAdder bytesSent = new LongAdder();

  /** Null until the hello has come. */
  private @Nullable Session session;

  private boolean ended;

  Lane(ServerCall<Q, OutgoingFrame> call, Sessions sessions) {
    this.call = call;
    this.sessions = sessions;
  }

  /** What the lane is called in messages to people. */
  abstract String name();

  /** What the first message says of where the lane belongs. */
  abstract LaneHello hello(Q message);

  /** Makes the lane one of the session's. */
  abstract void attachTo(Session joined);

  /** A message after the hello. */
  abstract void receive(Session attached, Q message);

  /** Asks for the next message. */
  void requestNext() {
    request(1);
  }

  /** Bytes of page frames' content and headers handed to the transport. */
  long bytesSent() {
    return bytesSent.sum();
  }

  /** Sends a frame; its bytes are read before this returns. No effect once ended. */
  final synchronized void send(OutgoingFrame frame) {
    if (!ended) {
      call.sendMessage(frame);
      bytesSent.add(frame.encodedBytes());
    }
  }

  final synchronized boolean isReady() {
    return !ended && call.isReady();
  }

  final synchronized void request(int messages) {
    if (!ended) {
      call.request(messages);
    }
  }

  /** Ends the call with OK: the migration is complete. Idempotent. */
  final synchronized void end() {
    close(Status.OK, new Metadata());
  }

  /** Ends the call with an error. Idempotent. */
  final synchronized void end(Throwable error) {
    close(ErrorStatus.toStatus(error), ErrorStatus.toTrailers(error));
  }

  private void close(Status status, Metadata trailers) {
    if (!ended) {
      ended = true;
      call.close(status, trailers);
    }
  }

  private synchronized boolean endedByPeer() {
    boolean first = !ended;
    ended = true;
    return first;
  }

  @Override
  public final void onMessage(Q message) {
    try {
      Session attached = session;
      if (attached == null) {
        attached = sessions.named(hello(message));
        attachTo(attached);
        session = attached;
        send(OutgoingFrame.ATTACHED);
      } else {
        receive(attached, message);
      }
      requestNext();
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }

  @Override
  public final void onReady() {
    try {
      becameReady();
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }

  /** The connection takes frames again. */
  void becameReady() {}

  /** The lane's work threw that: it ends, and is lost. Not under the lane's monitor. */
  final void failed(Throwable error) {
    boolean first = isOpen();
    end(error);
    if (first) {
      if (!(error instanceof PageFerryException) && !(error instanceof IllegalArgumentException)) {
        LOG.error("The {} lane failed.", name(), error);
      }
      lost("the " + name() + " lane was ended: " + error.getMessage());
    }
  }

  private void lost(String why) {
    Session attached = session;
    if (attached != null) {
      attached.laneLost(why);
    }
  }

  private synchronized boolean isOpen() {
    return !ended;
  }

  @Override
  public final void onHalfClose() {
    if (isOpen()) {
      end();
      lost("the destination closed the " + name() + " lane");
    }
  }

  @Override
  public final void onCancel() {
    if (endedByPeer()) {
      lost("the connection of the " + name() + " lane was lost");
    }
  }
}
