package io.pageferry.rpc;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one mapping between {@link ErrorCode}s and gRPC statuses. The code travels by name in the
 * trailer {@code pageferry-error-code}, the sentence as the status description. Stateless.
 */
public final class ErrorStatus {
  /** Trailer that carries the name of the error code. */
  public static final Metadata.Key<String> CODE_KEY =
      Metadata.Key.of("pageferry-error-code", Metadata.ASCII_STRING_MARSHALLER);

  private ErrorStatus() {}

  /** The gRPC status code of an error code. */
  public static Status.Code statusCode(ErrorCode code) {
    return switch (code) {
      case INVALID_ARGUMENT, MALFORMED_PROGRAM, IMAGE_TOO_LARGE, MALFORMED_STATE, MALFORMED_FRAME ->
          Status.Code.INVALID_ARGUMENT;
      case PAGE_OUT_OF_RANGE -> Status.Code.OUT_OF_RANGE;
      case INSUFFICIENT_MEMORY,
          INSUFFICIENT_THREADS,
          TOO_MANY_VCPUS,
          TOO_MANY_GUESTS,
          TOO_MANY_MIGRATIONS ->
          Status.Code.RESOURCE_EXHAUSTED;
      case NO_GUEST, NO_MIGRATION -> Status.Code.NOT_FOUND;
      case GUEST_EXISTS, LANE_ALREADY_ATTACHED -> Status.Code.ALREADY_EXISTS;
      case WRONG_GUEST_STATE,
          GUEST_INCOMPLETE,
          FAULT_MECHANISM_UNAVAILABLE,
          AMBIGUOUS_GUEST,
          FENCED,
          MIGRATION_IN_PROGRESS,
          TOO_LATE_TO_CANCEL,
          DESTINATION_BUSY,
          PAGE_SIZE_MISMATCH,
          VERSION_MISMATCH,
          STALE_MIGRATION,
          PORT_IN_USE ->
          Status.Code.FAILED_PRECONDITION;
      case DESTINATION_UNREACHABLE, LANE_LOST, SHUTTING_DOWN -> Status.Code.UNAVAILABLE;
      case HANDOVER_OUTCOME_UNKNOWN -> Status.Code.UNKNOWN;
      case DIGEST_MISMATCH, GUEST_DISCARDED -> Status.Code.DATA_LOSS;
      case CANCELLED -> Status.Code.CANCELLED;
      case INTERNAL -> Status.Code.INTERNAL;
    };
  }

  /** The status that tells a caller of any exception. */
  public static Status toStatus(Throwable error) {
    PageFerryException known = toDomain(error);
    return statusCode(known.code()).toStatus().withDescription(known.getMessage()).withCause(error);
  }

  /** The trailers that belong to {@link #toStatus}. */
  public static Metadata toTrailers(Throwable error) {
    Metadata trailers = new Metadata();
    trailers.put(CODE_KEY, toDomain(error).code().name());
    return trailers;
  }

  /** {@link #toStatus} and {@link #toTrailers} as one exception. */
  public static StatusRuntimeException toStatusException(Throwable error) {
    return toStatus(error).asRuntimeException(toTrailers(error));
  }

  private static PageFerryException toDomain(Throwable error) {
    if (error instanceof PageFerryException known) {
      return known;
    }
    if (error instanceof IllegalArgumentException) {
      return new PageFerryException(
          ErrorCode.INVALID_ARGUMENT, String.valueOf(error.getMessage()), error);
    }
    return new PageFerryException(
        ErrorCode.INTERNAL, "The daemon failed: " + error + "; its log has the details.", error);
  }

  /** The domain error that a peer reported, if its status carries one. */
  public static Optional<PageFerryException> fromPeer(StatusRuntimeException error) {
    return fromPeer(error.getStatus(), error.getTrailers());
  }

  /** The domain error that a peer reported, if its trailers carry one. */
  public static Optional<PageFerryException> fromPeer(Status status, @Nullable Metadata trailers) {
    String name = trailers == null ? null : trailers.get(CODE_KEY);
    if (name == null) {
      return Optional.empty();
    }
    for (ErrorCode code : ErrorCode.values()) {
      if (code.name().equals(name)) {
        return Optional.of(
            new PageFerryException(
                code, String.valueOf(status.getDescription()), status.asRuntimeException()));
      }
    }
    return Optional.empty();
  }
}
