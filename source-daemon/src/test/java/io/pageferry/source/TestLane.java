package io.pageferry.source;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.DemandRequest;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.PageFrame;
import io.pageferry.proto.v1.PageRange;
import io.pageferry.proto.v1.PageServiceGrpc;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A destination's end of a lane, spoken with the generated classes as a client of another language
 * would: frames are queued as they come, nothing is acknowledged by itself.
 */
final class TestLane<Q> implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 30;

  private final RpcChannel channel;
  private final BlockingQueue<PageFrame> frames = new LinkedBlockingQueue<>();
  private final CompletableFuture<Throwable> ended = new CompletableFuture<>();
  private volatile @Nullable ClientCallStreamObserver<Q> requests;

  private TestLane(
      String source,
      Function<PageServiceGrpc.PageServiceStub, Function<StreamObserver<PageFrame>, ?>> method,
      Q hello) {
    channel = new RpcChannel("test-lane", source, false);
    var _ = method.apply(PageServiceGrpc.newStub(channel.channel())).apply(new Frames());
    send(hello);
  }

  static TestLane<DemandRequest> demand(String source, MigrationRef migration, int version) {
    return new TestLane<>(
        source,
        stub -> stub::demand,
        DemandRequest.newBuilder().setHello(hello(migration, version)).build());
  }

  static TestLane<DrainRequest> drain(String source, MigrationRef migration, int version) {
    return new TestLane<>(
        source,
        stub -> stub::drain,
        DrainRequest.newBuilder().setHello(hello(migration, version)).build());
  }

  private static LaneHello hello(MigrationRef migration, int version) {
    return LaneHello.newBuilder().setMigration(migration).setProtocolVersion(version).build();
  }

  static DemandRequest fetch(int slot, long page, int count) {
    return DemandRequest.newBuilder().setFetch(range(slot, page, count)).build();
  }

  static DrainRequest installed(int slot, long page, int count) {
    return DrainRequest.newBuilder().addInstalled(range(slot, page, count)).build();
  }

  private static PageRange range(int slot, long page, int count) {
    return PageRange.newBuilder().setSlot(slot).setFirstPage(page).setPageCount(count).build();
  }

  private final class Frames implements ClientResponseObserver<Q, PageFrame> {
    @Override
    public void beforeStart(ClientCallStreamObserver<Q> stream) {
      requests = stream;
    }

    @Override
    public void onNext(PageFrame frame) {
      frames.add(frame);
    }

    @Override
    public void onError(Throwable error) {
      ended.complete(error);
    }

    @Override
    public void onCompleted() {
      ended.complete(Status.OK.asException());
    }
  }

  void send(Q message) {
    ClientCallStreamObserver<Q> stream = requests;
    if (stream == null) {
      throw new IllegalStateException("The lane has not started.");
    }
    stream.onNext(message);
  }

  /** The next frame; fails if none comes. */
  PageFrame take() throws InterruptedException {
    PageFrame frame = frames.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (frame == null) {
      throw new AssertionError("No frame came; the lane ended with " + ended.getNow(null));
    }
    return frame;
  }

  /** Frames that have come and were not taken. */
  int waiting() {
    return frames.size();
  }

  /** The error that the source ended the lane with. */
  PageFerryException error() throws Exception {
    Throwable error = ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    return ErrorStatus.fromPeer(Status.fromThrowable(error), Status.trailersFromThrowable(error))
        .orElseGet(() -> new PageFerryException(ErrorCode.INTERNAL, String.valueOf(error), error));
  }

  static MigrationRef withEpoch(MigrationRef migration, long epoch) {
    return migration.toBuilder().setEpoch(epoch).build();
  }

  /** Cuts the connection. */
  @Override
  public void close() {
    channel.close();
  }
}
