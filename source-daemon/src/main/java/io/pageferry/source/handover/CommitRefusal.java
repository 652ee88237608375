package io.pageferry.source.handover;

import io.pageferry.migration.ErrorCode;

/** What an error of Commit says of the guest. Stateless. */
final class CommitRefusal {
  private CommitRefusal() {}

  /**
   * Whether an error of Commit means that the destination does not run the guest and never will
   * (rule 3). Once an attempt went unanswered that one may have been obeyed: a destination that no
   * longer knows the migration has then perhaps run the guest and lost or unloaded it since. Only
   * one that remembers the migration, and that it was not committed, is believed.
   */
  static boolean provesThatTheGuestNeverRan(ErrorCode code, int attempt) {
    return switch (code) {
      // No answer, or this side's own end of the call.
      case DESTINATION_UNREACHABLE, INTERNAL, CANCELLED, SHUTTING_DOWN -> false;
      case WRONG_GUEST_STATE -> true;
      default -> attempt == 1;
    };
  }
}
