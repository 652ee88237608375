package io.pageferry.rpc;

import io.grpc.stub.StreamObserver;
import io.pageferry.migration.PageFerryException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How services answer: with a message, or with the status of whatever was thrown. Stateless. */
public final class UnaryCalls {
  private static final Logger LOG = LoggerFactory.getLogger(UnaryCalls.class);

  private UnaryCalls() {}

  /** Answers a unary call with what {@code work} gives. */
  public static <T> void answer(StreamObserver<T> observer, Supplier<T> work) {
    T response;
    try {
      response = work.get();
    } catch (RuntimeException | Error e) {
      refuse(observer, e);
      return;
    }
    observer.onNext(response);
    observer.onCompleted();
  }

  /** Ends a call with the status of what was thrown, which is logged if it is a defect. */
  public static void refuse(StreamObserver<?> observer, Throwable error) {
    if (!(error instanceof PageFerryException) && !(error instanceof IllegalArgumentException)) {
      LOG.error("A request failed.", error);
    }
    observer.onError(ErrorStatus.toStatusException(error));
  }
}
