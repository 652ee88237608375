package io.pageferry.rpc;

import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/** How services answer: with a message, or with the status of whatever was thrown. Stateless. */
public final class UnaryCalls {
  private UnaryCalls() {}

  /** Answers a unary call with what {@code work} gives. */
  public static <T> void answer(StreamObserver<T> observer, Supplier<T> work) {
    T response;
    try {
      response = work.get();
    } catch (RuntimeException | OutOfMemoryError e) {
      observer.onError(ErrorStatus.toStatusException(e));
      return;
    }
    observer.onNext(response);
    observer.onCompleted();
  }
}
