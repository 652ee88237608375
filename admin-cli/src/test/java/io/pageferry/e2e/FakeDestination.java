package io.pageferry.e2e;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import io.pageferry.proto.v1.AbortRequest;
import io.pageferry.proto.v1.AbortResponse;
import io.pageferry.proto.v1.MigrationServiceGrpc.MigrationServiceImplBase;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.PrepareResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A destination that gets no further than Prepare. Serves until it is closed. */
public final class FakeDestination implements AutoCloseable {
  /** Thinks about Prepare for as long as it is asked. */
  private static final class SlowDestination extends MigrationServiceImplBase {
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch aborted = new CountDownLatch(1);

    @Override
    public void prepare(PrepareRequest request, StreamObserver<PrepareResponse> observer) {
      asked.countDown();
    }

    @Override
    public void abort(AbortRequest request, StreamObserver<AbortResponse> observer) {
      aborted.countDown();
      observer.onNext(AbortResponse.getDefaultInstance());
      observer.onCompleted();
    }
  }

  /** Chooses a protocol version that nobody speaks yet. */
  private static final class FutureDestination extends MigrationServiceImplBase {
    @Override
    public void prepare(PrepareRequest request, StreamObserver<PrepareResponse> observer) {
      observer.onNext(
          PrepareResponse.newBuilder().setProtocolVersion(99).setSoftwareVersion("9.9").build());
      observer.onCompleted();
    }
  }

  private final Server server;
  private final CountDownLatch asked;
  private final CountDownLatch aborted;

  private FakeDestination(
      MigrationServiceImplBase service, CountDownLatch asked, CountDownLatch aborted) {
    this.asked = asked;
    this.aborted = aborted;
    try {
      server =
          Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
              .addService(service)
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One that never answers Prepare. */
  public static FakeDestination slow() {
    SlowDestination service = new SlowDestination();
    return new FakeDestination(service, service.asked, service.aborted);
  }

  /** One that speaks another protocol. */
  public static FakeDestination future() {
    return new FakeDestination(
        new FutureDestination(), new CountDownLatch(0), new CountDownLatch(0));
  }

  /** host:port of it. */
  public String address() {
    return "127.0.0.1:" + server.getPort();
  }

  /** Waits until it was asked to prepare. */
  public void awaitAsked() throws InterruptedException {
    await(asked, "prepare");
  }

  /** Waits until it was asked to abort. */
  public void awaitAborted() throws InterruptedException {
    await(aborted, "abort");
  }

  private static void await(CountDownLatch latch, String what) throws InterruptedException {
    if (!latch.await(60, TimeUnit.SECONDS)) {
      throw new AssertionError("The destination was not asked to " + what + " within a minute.");
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
