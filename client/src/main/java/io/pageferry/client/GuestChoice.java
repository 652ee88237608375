package io.pageferry.client;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import java.util.List;
import java.util.stream.Collectors;

/** Which of a daemon's guests a command is about. Stateless. */
public final class GuestChoice {
  private GuestChoice() {}

  /**
   * The status of the guest that is named, or of the only one. Guests that have moved away count
   * only when there is no other; of those, the latest.
   *
   * @param guest name or id; empty for the only one
   * @param daemon the daemon as a sentence names it
   * @return a status without guest and migration if there is no such guest
   * @throws FerryException USAGE if there are several, and none is named
   */
  public static Status of(ListGuestsResponse guests, String guest, String daemon) {
    List<Status> named = named(guests.getGuestsList(), guest);
    List<Status> live = named.stream().filter(GuestChoice::isLive).toList();
    if (live.size() > 1) {
      throw new FerryException(
          ExitCode.USAGE,
          "There are %d guests at %s; name one of them with --guest: %s."
              .formatted(
                  live.size(),
                  daemon,
                  live.stream().map(GuestChoice::name).collect(Collectors.joining(", "))));
    }
    if (live.size() == 1) {
      return live.getFirst();
    }
    return named.isEmpty() ? without(guests) : named.getLast();
  }

  /** An id means its guest, whatever others are called. */
  private static List<Status> named(List<Status> guests, String guest) {
    if (guest.isEmpty()) {
      return guests;
    }
    List<Status> identified = guests.stream().filter(status -> id(status).equals(guest)).toList();
    return identified.isEmpty()
        ? guests.stream().filter(status -> name(status).equals(guest)).toList()
        : identified;
  }

  private static Status without(ListGuestsResponse guests) {
    return Status.newBuilder()
        .setRole(guests.getRole())
        .setRehearsing(guests.getRehearsing())
        .setUptimeNanos(guests.getUptimeNanos())
        .setPhase(
            guests.getRole() == Role.ROLE_SOURCE ? Phase.PHASE_UNSPECIFIED : Phase.PHASE_LISTENING)
        .build();
  }

  /** What people call the guest of a status. */
  public static String name(Status status) {
    return status.hasGuest() ? status.getGuest().getName() : status.getMigration().getGuestName();
  }

  /** Its id. */
  public static String id(Status status) {
    return status.hasGuest()
        ? status.getGuest().getGuestId()
        : status.getMigration().getMigration().getGuestId();
  }

  /** Whether the guest is at the daemon, or on its way to or from it. */
  public static boolean isLive(Status status) {
    boolean moves = moves(status);
    boolean here =
        status.hasGuest()
            && status.getGuest().getState() != GuestState.GUEST_STATE_HANDED_OVER
            && status.getGuest().getState() != GuestState.GUEST_STATE_INCOMING;
    return moves || here;
  }

  /** Whether its latest migration at the daemon is not over; it may be paused. */
  public static boolean moves(Status status) {
    return status.hasMigration() && !isOver(status.getMigration().getPhase());
  }

  /** Whether a migration in that phase never goes on. */
  public static boolean isOver(Phase phase) {
    return switch (phase) {
      case PHASE_COMPLETED, PHASE_CANCELLED, PHASE_FAILED -> true;
      default -> false;
    };
  }
}
