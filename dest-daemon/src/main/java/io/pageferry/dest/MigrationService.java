package io.pageferry.dest;

import io.grpc.stub.StreamObserver;
import io.pageferry.daemon.guest.StatusMessages;
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

/** Translates {@code pageferry.v1.MigrationService} to {@link DestRole}; no logic of its own. */
final class MigrationService extends MigrationServiceGrpc.MigrationServiceImplBase {
  private final DestRole role;

  MigrationService(DestRole role) {
    this.role = role;
  }

  @Override
  public void prepare(PrepareRequest request, StreamObserver<PrepareResponse> observer) {
    UnaryCalls.answer(observer, () -> role.prepare(request));
  }

  @Override
  public void transferState(
      TransferStateRequest request, StreamObserver<TransferStateResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          role.transferState(request);
          return TransferStateResponse.getDefaultInstance();
        });
  }

  @Override
  public void commit(CommitRequest request, StreamObserver<CommitResponse> observer) {
    UnaryCalls.answer(
        observer,
        () ->
            CommitResponse.newBuilder()
                .setResumeNanos(role.commit(StatusMessages.key(request.getMigration())))
                .build());
  }

  @Override
  public void abort(AbortRequest request, StreamObserver<AbortResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          role.abort(StatusMessages.key(request.getMigration()), request.getReason());
          return AbortResponse.getDefaultInstance();
        });
  }
}
