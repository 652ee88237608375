package io.pageferry.source;

import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import io.pageferry.proto.v1.AbortRequest;
import io.pageferry.proto.v1.AbortResponse;
import io.pageferry.proto.v1.CommitRequest;
import io.pageferry.proto.v1.CommitResponse;
import io.pageferry.proto.v1.MigrationServiceGrpc;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.PrepareResponse;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.proto.v1.TransferStateResponse;
import io.pageferry.rpc.UnaryCalls;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for a destination in a rehearsal: agrees to everything, then takes the guest's pages
 * through {@link StandInLanes}. Any thread; one migration at a time.
 */
final class StandInMigrationService extends MigrationServiceGrpc.MigrationServiceImplBase
    implements AutoCloseable {
  private @Nullable StandInLanes lanes;

  @Override
  public void prepare(PrepareRequest request, StreamObserver<PrepareResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          // Calls end with the context they are made in; the lanes outlive this one.
          Context.ROOT.run(() -> attach(request));
          return PrepareResponse.newBuilder()
              .setProtocolVersion(request.getVersions().getMaximum())
              .setTakesFirstPages(true)
              .build();
        });
  }

  private synchronized void attach(PrepareRequest request) {
    close();
    StandInLanes attached = new StandInLanes(request);
    lanes = attached;
    attached.awaitAttached();
  }

  @Override
  public void transferState(
      TransferStateRequest request, StreamObserver<TransferStateResponse> observer) {
    UnaryCalls.answer(observer, TransferStateResponse::getDefaultInstance);
  }

  @Override
  public synchronized void commit(CommitRequest request, StreamObserver<CommitResponse> observer) {
    UnaryCalls.answer(observer, CommitResponse::getDefaultInstance);
    if (lanes != null) {
      lanes.fetchNext();
    }
  }

  @Override
  public void abort(AbortRequest request, StreamObserver<AbortResponse> observer) {
    UnaryCalls.answer(observer, AbortResponse::getDefaultInstance);
  }

  @Override
  public synchronized void close() {
    if (lanes != null) {
      lanes.close();
    }
  }
}
