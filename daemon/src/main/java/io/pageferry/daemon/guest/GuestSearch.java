package io.pageferry.daemon.guest;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Which of a daemon's guests a request means.
 *
 * @param daemon what the daemon is called in sentences
 * @param guests all that it has, those that have moved away and records included
 */
record GuestSearch(String daemon, List<GuestEntry> guests) {
  /** As {@link GuestRegistry#find}. */
  GuestEntry find(String reference) {
    List<GuestEntry> named = named(reference);
    if (named.isEmpty()) {
      throw new PageFerryException(ErrorCode.NO_GUEST, noGuest(reference));
    }
    List<GuestEntry> candidates = named.stream().filter(GuestEntry::isLive).toList();
    if (candidates.isEmpty()) {
      candidates = named.stream().filter(entry -> !entry.isRecord()).toList();
    }
    if (candidates.isEmpty()) {
      return named.getLast();
    }
    if (candidates.size() == 1) {
      return candidates.getFirst();
    }
    throw new PageFerryException(
        ErrorCode.AMBIGUOUS_GUEST,
        "The %s has %d guests; name one of them (ferry: --guest): %s."
            .formatted(daemon, candidates.size(), names(candidates)));
  }

  /** An id means its guest, whatever others are called. */
  private List<GuestEntry> named(String reference) {
    if (reference.isEmpty()) {
      return guests;
    }
    List<GuestEntry> identified =
        guests.stream().filter(entry -> entry.id().toString().equals(reference)).toList();
    return identified.isEmpty()
        ? guests.stream().filter(entry -> entry.name().equals(reference)).toList()
        : identified;
  }

  private String noGuest(String reference) {
    if (guests.isEmpty()) {
      return "The %s has no guest; %s."
          .formatted(
              daemon,
              daemon.equals("destination")
                  ? "migrate one to it"
                  : "load one with: ferry guest load");
    }
    return "The %s has no guest %s; it has: %s.".formatted(daemon, reference, names(guests));
  }

  private static String names(List<GuestEntry> entries) {
    return entries.stream().map(GuestEntry::name).collect(Collectors.joining(", "));
  }
}
