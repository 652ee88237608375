package io.pageferry.daemon.admin;

import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A stream to a client, for the thread that fills it from within the call and may block. Nothing
 * queues for a client that takes nothing, and one that goes away ends every wait at once.
 *
 * <p>One thread, that of the call.
 */
final class ClientStream<T> {
  /** gRPC reports readiness on the thread of the call, which is the one that waits here. */
  private static final long LOOK_MILLIS = 20;

  private final ServerCallStreamObserver<T> call;
  private final CountDownLatch gone = new CountDownLatch(1);

  /** The stream of the call that is being served. */
  ClientStream(StreamObserver<T> observer) {
    call = (ServerCallStreamObserver<T>) observer;
    Context.current().addListener(context -> gone.countDown(), Runnable::run);
  }

  /** Whether a message would go to the transport at once. */
  boolean isReady() {
    return call.isReady();
  }

  /** Waits until the client takes a message; false if it has gone. */
  boolean awaitReady() throws InterruptedException {
    while (!call.isReady()) {
      if (!stays(LOOK_MILLIS)) {
        return false;
      }
    }
    return gone.getCount() > 0;
  }

  /** Waits for that long; false, and at once, if the client goes away. */
  boolean stays(long millis) throws InterruptedException {
    return !gone.await(millis, TimeUnit.MILLISECONDS);
  }

  /** Sends a message. Once it {@link #isReady}. */
  void send(T message) {
    call.onNext(message);
  }

  /** Ends the stream. */
  void complete() {
    call.onCompleted();
  }
}
