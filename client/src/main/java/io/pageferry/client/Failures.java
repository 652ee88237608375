package io.pageferry.client;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.migration.ErrorCode;
import io.pageferry.rpc.ErrorStatus;
import java.util.Optional;

/** Turns the status of a failed call into a sentence and an exit code. Stateless. */
public final class Failures {
  private Failures() {}

  /**
   * What a failed call means to the user.
   *
   * @param daemon the daemon called, for instance "the source daemon at 127.0.0.1:7401"
   * @param option the option that names its address, for instance "--source"
   */
  static FerryException of(StatusRuntimeException failure, String daemon, String option) {
    Optional<ErrorCode> code = errorCode(failure);
    if (code.isPresent()) {
      return new FerryException(code.get(), description(failure, daemon));
    }
    return switch (failure.getStatus().getCode()) {
      case UNAVAILABLE ->
          new FerryException(
              ExitCode.UNREACHABLE,
              "Cannot reach %s; start it with 'ferry %s' or name its address with %s."
                  .formatted(daemon, option.substring(2), option));
      case DEADLINE_EXCEEDED ->
          new FerryException(
              ExitCode.UNREACHABLE,
              "No answer in time from %s; try again, or wait longer with --timeout."
                  .formatted(daemon));
      case UNIMPLEMENTED ->
          new FerryException(
              ExitCode.VERSION_MISMATCH,
              "This request is unknown to %s; compare both versions with 'ferry version'."
                  .formatted(daemon));
      case INVALID_ARGUMENT, OUT_OF_RANGE -> described(ExitCode.USAGE, failure, daemon);
      case FAILED_PRECONDITION, ALREADY_EXISTS, NOT_FOUND, ABORTED, PERMISSION_DENIED ->
          described(ExitCode.REFUSED, failure, daemon);
      case RESOURCE_EXHAUSTED -> described(ExitCode.ENVIRONMENT, failure, daemon);
      case CANCELLED -> described(ExitCode.INTERRUPTED, failure, daemon);
      case OK, UNKNOWN, INTERNAL, DATA_LOSS, UNAUTHENTICATED ->
          described(ExitCode.INTERNAL, failure, daemon);
    };
  }

  private static FerryException described(
      ExitCode exitCode, StatusRuntimeException failure, String daemon) {
    return new FerryException(exitCode, description(failure, daemon));
  }

  private static String description(StatusRuntimeException failure, String daemon) {
    Status status = failure.getStatus();
    String description = status.getDescription();
    return description == null || description.isBlank()
        ? "The request failed at " + daemon + " (" + status.getCode() + "); its log says why."
        : description;
  }

  /** The category of the reason that a status message gives. */
  public static ExitCode exitCode(io.pageferry.proto.v1.ErrorCode code) {
    return errorCode(code).map(ExitCode::of).orElse(ExitCode.INTERNAL);
  }

  /** The reason that a status message gives, if it is known here. */
  public static Optional<ErrorCode> errorCode(io.pageferry.proto.v1.ErrorCode code) {
    return named(code.name().replaceFirst("^ERROR_CODE_", ""));
  }

  private static Optional<ErrorCode> errorCode(StatusRuntimeException failure) {
    Metadata trailers = failure.getTrailers();
    String name = trailers == null ? null : trailers.get(ErrorStatus.CODE_KEY);
    return name == null ? Optional.empty() : named(name);
  }

  private static Optional<ErrorCode> named(String name) {
    try {
      return Optional.of(ErrorCode.valueOf(name));
    } catch (IllegalArgumentException _) {
      // A newer daemon: its gRPC status tells the category.
      return Optional.empty();
    }
  }
}
