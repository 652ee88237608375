package io.pageferry.config.cli;

import io.pageferry.migration.ErrorCode;

/**
 * Exit codes of every program of the project, by category. The numbers are part of their contract.
 */
public enum ExitCode {
  /** Done as asked. */
  OK(0, "done"),
  /** A fault of the program, or nothing that it expects. */
  INTERNAL(1, "internal error"),
  /** An unknown option, or input that cannot be right. */
  USAGE(2, "wrong usage or invalid input"),
  /** A host lacks something: a JDK, a free port, memory, threads, vCPUs. */
  ENVIRONMENT(3, "a host lacks something (JDK, port, memory, threads, vCPUs)"),
  /** A daemon does not answer. */
  UNREACHABLE(4, "a daemon cannot be reached"),
  /** A daemon refuses because of the state of its guest or migration. */
  REFUSED(5, "refused because of the guest's or migration's state"),
  /** Daemons, or a daemon and this program, do not fit together. */
  VERSION_MISMATCH(6, "version mismatch"),
  /** The migration ended without moving the guest. */
  MIGRATION_FAILED(7, "migration failed or cancelled"),
  /** Digests differ, or the guest's own check failed. */
  VERIFICATION_FAILED(8, "verification failed (digests or the guest's own check)"),
  /** The migration is paused after switchover and waits for a connection. */
  PAUSED(9, "migration paused after switchover"),
  /** A guest, or pages that it needs, went with a daemon that ended or by a forced unload. */
  GUEST_LOST(10, "a guest was lost with a daemon, or unloaded by force"),
  /** Ended by Ctrl-C (SIGINT). */
  INTERRUPTED(130, "interrupted"),
  /** Whoever read the output has gone, as programs end that know no better (SIGPIPE). */
  OUTPUT_CLOSED(141, "nobody reads the output any more");

  private final int number;
  private final String meaning;

  ExitCode(int number, String meaning) {
    this.number = number;
    this.meaning = meaning;
  }

  /** What the process ends with. */
  public int number() {
    return number;
  }

  /** What it tells the user, in a few words. */
  public String meaning() {
    return meaning;
  }

  /** The category of an error. Total. */
  public static ExitCode of(ErrorCode code) {
    return switch (code) {
      case PAGE_OUT_OF_RANGE, MALFORMED_FRAME, MALFORMED_STATE, INTERNAL -> INTERNAL;
      case INVALID_ARGUMENT, MALFORMED_PROGRAM, IMAGE_TOO_LARGE -> USAGE;
      case INSUFFICIENT_MEMORY, INSUFFICIENT_THREADS, TOO_MANY_VCPUS, PORT_IN_USE -> ENVIRONMENT;
      case AMBIGUOUS_GUEST -> USAGE;
      case DESTINATION_UNREACHABLE -> UNREACHABLE;
      case NO_GUEST,
          GUEST_EXISTS,
          WRONG_GUEST_STATE,
          GUEST_INCOMPLETE,
          FAULT_MECHANISM_UNAVAILABLE,
          TOO_MANY_GUESTS,
          TOO_MANY_MIGRATIONS,
          FENCED,
          MIGRATION_IN_PROGRESS,
          NO_MIGRATION,
          TOO_LATE_TO_CANCEL,
          DESTINATION_BUSY,
          STALE_MIGRATION,
          LANE_ALREADY_ATTACHED,
          SHUTTING_DOWN ->
          REFUSED;
      case PAGE_SIZE_MISMATCH, VERSION_MISMATCH -> VERSION_MISMATCH;
      case CANCELLED -> MIGRATION_FAILED;
      case DIGEST_MISMATCH -> VERIFICATION_FAILED;
      case LANE_LOST, HANDOVER_OUTCOME_UNKNOWN -> PAUSED;
      case GUEST_DISCARDED -> GUEST_LOST;
    };
  }
}
