package io.pageferry.source;

import io.grpc.stub.StreamObserver;
import io.pageferry.config.HostPort;
import io.pageferry.proto.v1.AbortRequest;
import io.pageferry.proto.v1.AbortResponse;
import io.pageferry.proto.v1.CommitRequest;
import io.pageferry.proto.v1.CommitResponse;
import io.pageferry.proto.v1.DemandRequest;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.MigrationServiceGrpc;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.PrepareResponse;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.proto.v1.TransferStateResponse;
import io.pageferry.rpc.RpcServer;
import io.pageferry.rpc.UnaryCalls;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A destination that does what a test tells it: a real server whose every answer can be replaced.
 * As it is, it agrees to everything, attaches its lanes in Prepare, and acknowledges nothing.
 */
final class ScriptedDestination extends MigrationServiceGrpc.MigrationServiceImplBase
    implements AutoCloseable {
  private final RpcServer server =
      new RpcServer(new HostPort("127.0.0.1", 0).toSocketAddress(), List.of(this), List.of());

  final List<TestLane<DemandRequest>> demandLanes = new CopyOnWriteArrayList<>();
  final List<String> abortReasons = new CopyOnWriteArrayList<>();
  final List<CommitRequest> commits = new CopyOnWriteArrayList<>();
  final List<TestLane<DrainRequest>> drainLanes = new CopyOnWriteArrayList<>();
  volatile @Nullable PrepareRequest prepared;
  volatile @Nullable TransferStateRequest state;

  /** Each may throw, wait, or change the answer. */
  volatile UnaryOperator<PrepareResponse> onPrepare = UnaryOperator.identity();

  volatile UnaryOperator<TransferStateResponse> onTransferState = UnaryOperator.identity();
  volatile UnaryOperator<CommitResponse> onCommit = UnaryOperator.identity();
  volatile boolean attachesLanes = true;

  ScriptedDestination() {
    server.start();
  }

  String address() {
    return "127.0.0.1:" + server.port();
  }

  TestLane<DrainRequest> drain() {
    return drainLanes.getLast();
  }

  TestLane<DemandRequest> demand() {
    return demandLanes.getFirst();
  }

  PrepareRequest preparation() {
    PrepareRequest request = prepared;
    if (request == null) {
      throw new AssertionError("Prepare was not called.");
    }
    return request;
  }

  @Override
  public void prepare(PrepareRequest request, StreamObserver<PrepareResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          prepared = request;
          if (attachesLanes) {
            io.grpc.Context.ROOT.run(() -> attachLanes(request));
          }
          return onPrepare.apply(
              PrepareResponse.newBuilder()
                  .setProtocolVersion(request.getVersions().getMaximum())
                  .setSoftwareVersion("scripted")
                  .build());
        });
  }

  private void attachLanes(PrepareRequest request) {
    String source = request.getPageServiceAddress();
    int version = request.getVersions().getMaximum();
    try {
      for (int vcpu = 0; vcpu < request.getVcpuCount(); vcpu++) {
        TestLane<DemandRequest> lane = TestLane.demand(source, request.getMigration(), version);
        demandLanes.add(lane);
        var _ = lane.take();
      }
      TestLane<DrainRequest> drain = TestLane.drain(source, request.getMigration(), version);
      drainLanes.add(drain);
      var _ = drain.take();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void transferState(
      TransferStateRequest request, StreamObserver<TransferStateResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          state = request;
          return onTransferState.apply(TransferStateResponse.getDefaultInstance());
        });
  }

  @Override
  public void commit(CommitRequest request, StreamObserver<CommitResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          commits.add(request);
          return onCommit.apply(CommitResponse.newBuilder().setResumeNanos(1).build());
        });
  }

  @Override
  public void abort(AbortRequest request, StreamObserver<AbortResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          abortReasons.add(request.getReason());
          return AbortResponse.getDefaultInstance();
        });
  }

  /** Cuts every connection and stops listening. */
  @Override
  public void close() {
    demandLanes.forEach(TestLane::close);
    drainLanes.forEach(TestLane::close);
    server.close();
  }
}
