package io.pageferry.cli.watch;

import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.ErrorCode;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is wrong and what to do about it, or what comes next, in sentences. {@code
 * docs/operations.md} has the same at length. Stateless.
 */
final class Advice {
  private Advice() {}

  /** Sentences that the operator must see. */
  static List<String> troubles(WatchFrame frame) {
    List<String> sentences = new ArrayList<>();
    addSilence(sentences, frame.now().source());
    addSilence(sentences, frame.now().destination());
    StatusPair known = frame.now().known();
    known.sourceMigration().ifPresent(here -> addReason(sentences, "Source", here));
    if (known.sourceMigration().isEmpty() || known.sameMigration()) {
      known.destinationMigration().ifPresent(there -> addReason(sentences, "Destination", there));
    }
    if (frame.now().phase() == Phase.PHASE_POSTCOPY_PAUSED) {
      sentences.add(paused(frame, known));
    }
    return sentences;
  }

  private static void addSilence(List<String> sentences, Seen daemon) {
    if (!daemon.failure().isEmpty()) {
      sentences.add(daemon.failure());
    }
  }

  private static void addReason(List<String> sentences, String who, MigrationStatus migration) {
    if (!migration.getReason().isEmpty()) {
      sentences.add(who + ": " + migration.getReason());
    }
  }

  private static String paused(WatchFrame frame, StatusPair known) {
    Optional<MigrationStatus> there = known.destinationMigration();
    if (there.map(MigrationStatus::getPages).filter(Advice::allPresent).isPresent()) {
      return "Every page is at the destination: the guest is whole. If the source does not become"
          + " COMPLETED in a moment, stop it.";
    }
    boolean unknown =
        known
            .sourceMigration()
            .filter(here -> here.getReasonCode() == ErrorCode.ERROR_CODE_HANDOVER_OUTCOME_UNKNOWN)
            .isPresent();
    if (unknown) {
      return there.map(MigrationStatus::getPhase).filter(WatchHistory::isUnderWay).isPresent()
          ? "The guest runs at the destination and gets pages on demand, without a drain. When"
              + " every page is present, give it up at the source: 'ferry guest unload --force'."
          : "Unless a destination that does not answer runs it, nobody runs the guest, and it"
              + " cannot be taken back. Give it up: 'ferry guest unload --force'.";
    }
    if (frame.rates().perSecond(status -> status.getPages().getPresent()) > 0) {
      return "Pages still arrive on the lanes that are left; the migration may complete. Wait.";
    }
    return "Nothing arrives any more: the guest runs until it needs a missing page. Read its"
        + " console with 'ferry guest console --at dest', and see Paused in"
        + " docs/operations.md.";
  }

  private static boolean allPresent(PageCounts pages) {
    return pages.getTotal() > 0 && pages.getPresent() == pages.getTotal();
  }

  /** A sentence on what can be done now; empty while there is nothing to do but wait. */
  static String next(Observation now) {
    StatusPair known = now.known();
    return switch (now.phase()) {
      case PHASE_FAILED, PHASE_CANCELLED ->
          known.guest().isEmpty()
              ? withoutGuest(known)
              : "The guest is at the source; 'ferry migrate' tries again.";
      case PHASE_COMPLETED ->
          "The guest is at the destination; 'ferry faults' lists the slowest faults.";
      case PHASE_UNSPECIFIED, PHASE_LISTENING ->
          known.guest().map(Advice::beforeMigration).orElseGet(() -> withoutGuest(known));
      default -> "";
    };
  }

  private static String withoutGuest(StatusPair known) {
    return known.source() == null
        ? ""
        : "No guest yet: 'ferry guest load' makes one, 'ferry guest start' runs it.";
  }

  private static String beforeMigration(GuestStatus guest) {
    return guest.getState() == GuestState.GUEST_STATE_PAUSED
        ? "The guest is paused: 'ferry guest start' runs it, 'ferry migrate' moves it."
        : "No migration yet: 'ferry migrate' moves the guest.";
  }
}
