package io.pageferry.dest.link;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.StreamObserver;
import io.pageferry.config.HostPort;
import io.pageferry.proto.v1.DemandRequest;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.PageFrame;
import io.pageferry.proto.v1.PageRange;
import io.pageferry.proto.v1.PageServiceGrpc;
import io.pageferry.rpc.RpcServer;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A source that sends exactly what a test tells it, through the generated classes: it accepts lanes
 * and queues what the destination says on them.
 */
public final class ScriptedSource extends PageServiceGrpc.PageServiceImplBase
    implements AutoCloseable {
  public static final int PAGE = 4096;

  public final List<StreamObserver<PageFrame>> demandLanes = new CopyOnWriteArrayList<>();
  public final List<StreamObserver<PageFrame>> drainLanes = new CopyOnWriteArrayList<>();
  public final BlockingQueue<PageRange> fetches = new LinkedBlockingQueue<>();
  public final BlockingQueue<PageRange> acknowledged = new LinkedBlockingQueue<>();
  public volatile boolean acceptsLanes = true;

  private final RpcServer server =
      new RpcServer(new HostPort("127.0.0.1", 0).toSocketAddress(), List.of(this), List.of());

  /** Listens. */
  public ScriptedSource() {
    server.start();
  }

  public String address() {
    return "127.0.0.1:" + server.port();
  }

  @Override
  public StreamObserver<DemandRequest> demand(StreamObserver<PageFrame> frames) {
    return new Lane<>() {
      @Override
      public void onNext(DemandRequest request) {
        if (request.hasFetch()) {
          fetches.add(request.getFetch());
        } else if (acceptsLanes) {
          frames.onNext(PageFrame.getDefaultInstance());
          demandLanes.add(frames);
        }
      }
    };
  }

  @Override
  public StreamObserver<DrainRequest> drain(StreamObserver<PageFrame> frames) {
    return new Lane<>() {
      @Override
      public void onNext(DrainRequest request) {
        if (request.hasHello() && acceptsLanes) {
          frames.onNext(PageFrame.getDefaultInstance());
          drainLanes.add(frames);
        }
        acknowledged.addAll(request.getInstalledList());
      }
    };
  }

  private abstract static class Lane<Q> implements StreamObserver<Q> {
    @Override
    public void onError(Throwable error) {}

    @Override
    public void onCompleted() {}
  }

  /** The next fetch; fails if none comes. */
  public PageRange awaitFetch() throws InterruptedException {
    PageRange fetch = fetches.poll(30, TimeUnit.SECONDS);
    if (fetch == null) {
      throw new AssertionError("The destination fetches nothing.");
    }
    return fetch;
  }

  public void drain(PageFrame frame) {
    drainLanes.getLast().onNext(frame);
  }

  public void answer(PageFrame frame) {
    demandLanes.getFirst().onNext(frame);
  }

  /** A frame of {@code count} pages that are zero but for the last byte, as a synthetic guest's. */
  public static PageFrame pages(int slot, long first, int count) {
    byte[] bytes = new byte[count * PAGE];
    for (int page = 1; page <= count; page++) {
      bytes[page * PAGE - 1] = 1;
    }
    return PageFrame.newBuilder()
        .setSlot(slot)
        .setFirstPage(first)
        .setPageCount(count)
        .setData(UnsafeByteOperations.unsafeWrap(bytes))
        .build();
  }

  public static PageFrame withDataBytes(int bytes) {
    return PageFrame.newBuilder()
        .setFirstPage(1)
        .setPageCount(1)
        .setData(ByteString.copyFrom(new byte[bytes]))
        .build();
  }

  public void loseDrainLane() {
    drainLanes
        .getLast()
        .onError(io.grpc.Status.UNAVAILABLE.withDescription("gone").asRuntimeException());
  }

  public void loseDemandLane() {
    demandLanes
        .getFirst()
        .onError(io.grpc.Status.UNAVAILABLE.withDescription("gone").asRuntimeException());
  }

  @Override
  public void close() {
    server.close();
  }
}
