package io.pageferry.migration;

/**
 * Why a request was refused or a migration failed. The names are those of {@code
 * pageferry.v1.ErrorCode} without its prefix; {@code docs/operations.md} explains each.
 */
public enum ErrorCode {
  /** A value in the request is missing, out of range or contradicts another. */
  INVALID_ARGUMENT,
  /** The guest program is not a statically linked RV64 ELF executable. */
  MALFORMED_PROGRAM,
  /** The program or image does not fit into the guest's memory. */
  IMAGE_TOO_LARGE,
  /** The host has not enough memory available. */
  INSUFFICIENT_MEMORY,
  /** The daemon has no guest, or not the one that is named. */
  NO_GUEST,
  /** The daemon has that guest already, or another of that name. */
  GUEST_EXISTS,
  /** The guest is not in a state that allows this. */
  WRONG_GUEST_STATE,
  /** The guest belongs to another daemon or a newer epoch. */
  FENCED,
  /** A migration runs. */
  MIGRATION_IN_PROGRESS,
  /** No migration runs. */
  NO_MIGRATION,
  /** The migration has passed switchover. */
  TOO_LATE_TO_CANCEL,
  /** The destination does not answer. */
  DESTINATION_UNREACHABLE,
  /** The destination is taking that guest already. */
  DESTINATION_BUSY,
  /** The destination does not take that many vCPUs. */
  TOO_MANY_VCPUS,
  /** The peers disagree on the page size. */
  PAGE_SIZE_MISMATCH,
  /** The peers share no protocol version. */
  VERSION_MISMATCH,
  /** The message belongs to a migration that is not the current one. */
  STALE_MIGRATION,
  /** A page outside every slot was named. */
  PAGE_OUT_OF_RANGE,
  /** A page frame's length or content is not what its header says. */
  MALFORMED_FRAME,
  /** The machine state cannot be read. */
  MALFORMED_STATE,
  /** A lane's connection ended before the migration did. */
  LANE_LOST,
  /** The lane is attached already. */
  LANE_ALREADY_ATTACHED,
  /** The source cannot learn whether the destination runs the guest. */
  HANDOVER_OUTCOME_UNKNOWN,
  /** Source and destination disagree on the bytes of the guest. */
  DIGEST_MISMATCH,
  /** A port to listen on is taken. */
  PORT_IN_USE,
  /** The request or migration was cancelled. */
  CANCELLED,
  /** A defect of this program. */
  INTERNAL,
  /** The daemon is about to end and takes no new work. */
  SHUTTING_DOWN,
  /** The host lets the daemon start no more threads. */
  INSUFFICIENT_THREADS,
  /** The guest, or pages that it needs, were given up by a forced unload. */
  GUEST_DISCARDED,
  /** The daemon has several guests, and the request names none. */
  AMBIGUOUS_GUEST,
  /** The daemon has as many guests as it may have. */
  TOO_MANY_GUESTS,
  /** The daemon runs as many migrations in that direction as it may. */
  TOO_MANY_MIGRATIONS,
  /** Pages of the guest have not arrived, so that it cannot be moved on. */
  GUEST_INCOMPLETE,
  /** The destination cannot stop accesses to missing pages in the way that was asked for. */
  FAULT_MECHANISM_UNAVAILABLE
}
