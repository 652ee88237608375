package io.pageferry.source.handover;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pageferry.config.HostPort;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.AbortRequest;
import io.pageferry.proto.v1.CommitRequest;
import io.pageferry.proto.v1.CommitResponse;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.MigrationServiceGrpc;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.PrepareResponse;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.rpc.WrongPeer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Migration control calls to the destination. Blocking; one migration's thread, except {@link
 * #cancel} and {@link #close}. Errors are {@link PageFerryException}s: the destination's own where
 * it answered, DESTINATION_UNREACHABLE where it did not, CANCELLED after {@link #cancel}.
 */
final class DestinationClient implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Logger LOG = LoggerFactory.getLogger(DestinationClient.class);
  private static final Duration PREPARE_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration STATE_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration ABORT_TIMEOUT = Duration.ofSeconds(2);

  private final String address;
  private final RpcChannel channel;
  private final Context.CancellableContext cancellation = Context.ROOT.withCancellation();

  DestinationClient(String address) {
    this.address = address;
    this.channel = new RpcChannel("migration-control", address, false);
  }

  /** The first call: whoever is not a destination is told apart from one that does not answer. */
  PrepareResponse prepare(PrepareRequest request) {
    Context previous = cancellation.attach();
    try {
      return answer(
          MigrationServiceGrpc.newFutureStub(channel.channel())
              // Its end needs no thread that the host might not allow.
              .withExecutor(Runnable::run)
              .withDeadlineAfter(PREPARE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
              .prepare(request));
    } catch (StatusRuntimeException e) {
      throw ErrorStatus.fromPeer(e).or(() -> wrongPeer(e)).orElseGet(() -> translate(e));
    } finally {
      cancellation.detach(previous);
    }
  }

  private PrepareResponse answer(ListenableFuture<PrepareResponse> call) {
    try {
      try {
        return call.get(CONNECT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (channel.isConnected()) {
          // The call has a deadline of its own, which comes first.
          return call.get(PREPARE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        }
        throw e;
      }
    } catch (TimeoutException e) {
      call.cancel(true);
      throw Status.DEADLINE_EXCEEDED
          .withDescription("no connection within " + CONNECT_TIMEOUT.toSeconds() + " s")
          .withCause(e)
          .asRuntimeException();
    } catch (ExecutionException e) {
      Metadata trailers = Status.trailersFromThrowable(e);
      throw Status.fromThrowable(e).asRuntimeException(trailers);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      call.cancel(true);
      throw Status.CANCELLED.withCause(e).asRuntimeException();
    }
  }

  private Optional<PageFerryException> wrongPeer(StatusRuntimeException e) {
    if (cancellation.isCancelled()) {
      return Optional.empty();
    }
    return WrongPeer.describe(
            HostPort.parse(address), channel.channel(), Role.ROLE_DESTINATION, e.getStatus())
        .map(found ->
            new PageFerryException(
                ErrorCode.DESTINATION_UNREACHABLE,
                found + "; name a destination daemon with --to or --dest.",
                e));
  }

  void transferState(TransferStateRequest request) {
    var _ = call(STATE_TIMEOUT, stub -> stub.transferState(request));
  }

  /** Not affected by {@link #cancel}: it is past the point of no return. */
  CommitResponse commit(MigrationRef migration) {
    CommitRequest request = CommitRequest.newBuilder().setMigration(migration).build();
    return uncancellable(COMMIT_TIMEOUT, stub -> stub.commit(request));
  }

  /** Best effort, also after {@link #cancel}. */
  void abort(MigrationRef migration, String reason) {
    AbortRequest request =
        AbortRequest.newBuilder().setMigration(migration).setReason(reason).build();
    var _ = uncancellable(ABORT_TIMEOUT, stub -> stub.abort(request));
  }

  /** Ends the call that is under way, and every later one but commit and abort. Any thread. */
  void cancel() {
    cancellation.cancel(new CancellationException("The migration was cancelled."));
  }

  private <T> T call(
      Duration timeout, Function<MigrationServiceGrpc.MigrationServiceBlockingStub, T> call) {
    Context previous = cancellation.attach();
    try {
      return uncancellable(timeout, call);
    } finally {
      cancellation.detach(previous);
    }
  }

  private <T> T uncancellable(
      Duration timeout, Function<MigrationServiceGrpc.MigrationServiceBlockingStub, T> call) {
    var stub =
        MigrationServiceGrpc.newBlockingStub(channel.channel())
            .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
    try {
      return call.apply(stub);
    } catch (StatusRuntimeException e) {
      throw translate(e);
    }
  }

  private PageFerryException translate(StatusRuntimeException e) {
    return ErrorStatus.fromPeer(e)
        .orElseGet(() ->
            e.getStatus().getCode() == Status.Code.CANCELLED && cancellation.isCancelled()
                ? new PageFerryException(
                    ErrorCode.CANCELLED, "The migration was cancelled by request.", e)
                : new PageFerryException(
                    ErrorCode.DESTINATION_UNREACHABLE,
                    "The destination "
                        + address
                        + " does not answer ("
                        + describe(e)
                        + "); check that it runs and can be reached.",
                    e));
  }

  private static String describe(StatusRuntimeException e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String description = e.getStatus().getDescription();
    String reason =
        e.getCause() == null || root.getMessage() == null ? description : root.getMessage();
    return reason == null ? e.getStatus().getCode().name() : reason;
  }

  @Override
  public void close() {
    cancellation.cancel(null);
    channel.close();
  }

  /** {@link #close} where what comes next must come: a host may lack the threads for closing. */
  void closeQuietly() {
    try {
      close();
    } catch (RuntimeException | Error e) {
      LOG.debug("The connection to the destination could not be closed.", e);
    }
  }
}
