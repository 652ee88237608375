package io.pageferry.cli;

import io.pageferry.proto.v1.ErrorCode;
import io.pageferry.proto.v1.MigrationStatus;

/** Exit codes of {@code ferry}, by category. The numbers are part of its contract. */
public enum ExitCode {
  /** Done as asked. */
  OK(0),
  /** A fault of the program, or nothing that it expects. */
  INTERNAL(1),
  /** An unknown option, or input that cannot be right. */
  USAGE(2),
  /** This host lacks something: a JDK, a free port, memory. */
  ENVIRONMENT(3),
  /** A daemon does not answer. */
  UNREACHABLE(4),
  /** A daemon refuses because of the state of its guest or migration. */
  REFUSED(5),
  /** Daemons, or a daemon and this program, do not fit together. */
  VERSION_MISMATCH(6),
  /** The migration ended without moving the guest. */
  MIGRATION_FAILED(7),
  /** Digests differ, or the guest's own check failed. */
  VERIFICATION_FAILED(8),
  /** The migration is paused after switchover and waits for a connection. */
  PAUSED(9),
  /** Ended by Ctrl-C. */
  INTERRUPTED(130);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** What the process ends with. */
  public int number() {
    return number;
  }

  /** The category of a daemon's error. Total. */
  public static ExitCode of(ErrorCode code) {
    return switch (code) {
      case ERROR_CODE_UNSPECIFIED,
          ERROR_CODE_PAGE_OUT_OF_RANGE,
          ERROR_CODE_MALFORMED_FRAME,
          ERROR_CODE_MALFORMED_STATE,
          ERROR_CODE_INTERNAL,
          UNRECOGNIZED ->
          INTERNAL;
      case ERROR_CODE_INVALID_ARGUMENT,
          ERROR_CODE_MALFORMED_PROGRAM,
          ERROR_CODE_IMAGE_TOO_LARGE,
          ERROR_CODE_TOO_MANY_VCPUS ->
          USAGE;
      case ERROR_CODE_INSUFFICIENT_MEMORY, ERROR_CODE_PORT_IN_USE -> ENVIRONMENT;
      case ERROR_CODE_DESTINATION_UNREACHABLE -> UNREACHABLE;
      case ERROR_CODE_NO_GUEST,
          ERROR_CODE_GUEST_EXISTS,
          ERROR_CODE_WRONG_GUEST_STATE,
          ERROR_CODE_FENCED,
          ERROR_CODE_MIGRATION_IN_PROGRESS,
          ERROR_CODE_NO_MIGRATION,
          ERROR_CODE_TOO_LATE_TO_CANCEL,
          ERROR_CODE_DESTINATION_BUSY,
          ERROR_CODE_STALE_MIGRATION,
          ERROR_CODE_LANE_ALREADY_ATTACHED ->
          REFUSED;
      case ERROR_CODE_PAGE_SIZE_MISMATCH, ERROR_CODE_VERSION_MISMATCH -> VERSION_MISMATCH;
      case ERROR_CODE_CANCELLED -> MIGRATION_FAILED;
      case ERROR_CODE_DIGEST_MISMATCH -> VERIFICATION_FAILED;
      case ERROR_CODE_LANE_LOST, ERROR_CODE_HANDOVER_OUTCOME_UNKNOWN -> PAUSED;
    };
  }

  /**
   * How a migration that has stopped ended: paused, cancelled, or failed for the reason it gives.
   *
   * @param migration one in phase COMPLETED, CANCELLED, FAILED or POSTCOPY_PAUSED
   */
  public static ExitCode of(MigrationStatus migration) {
    return switch (migration.getPhase()) {
      case PHASE_COMPLETED -> OK;
      case PHASE_POSTCOPY_PAUSED -> PAUSED;
      case PHASE_FAILED -> {
        ExitCode reason = of(migration.getReasonCode());
        yield reason == INTERNAL || reason == PAUSED ? MIGRATION_FAILED : reason;
      }
      default -> MIGRATION_FAILED;
    };
  }
}
