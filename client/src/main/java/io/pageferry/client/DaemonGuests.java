package io.pageferry.client;

import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.Status;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All guests of both daemons.
 *
 * @param source the source's answer
 * @param destination the destination's answer
 */
public record DaemonGuests(Answer source, Answer destination) {
  /**
   * What one daemon answered.
   *
   * @param daemon the daemon as a sentence names it
   * @param guests null when it does not answer
   * @param failure why there is no answer; empty when there is one
   */
  public record Answer(String daemon, @Nullable ListGuestsResponse guests, String failure) {
    /** The guest that is named, or the only one. */
    private Chosen choose(String guest) {
      if (guests == null) {
        return new Chosen(null, failure);
      }
      try {
        return new Chosen(GuestChoice.of(guests, guest, daemon), "");
      } catch (FerryException several) {
        return new Chosen(null, several.sentence());
      }
    }

    /** Its guests, records included; none if it does not answer. */
    public List<Status> list() {
      return guests == null ? List.of() : guests.getGuestsList();
    }

    /** Guests that are there, or on their way to or from there. */
    public long live() {
      return list().stream().filter(GuestChoice::isLive).count();
    }

    /** The guest of that id; nothing said of it if the daemon does not have it. */
    private @Nullable Status of(String id) {
      return guests == null
          ? null
          : list().stream()
              .filter(status -> GuestChoice.id(status).equals(id))
              .findFirst()
              .orElse(Status.getDefaultInstance());
    }
  }

  private record Chosen(@Nullable Status status, String failure) {}

  /** The guest that is named, or the only one of each. */
  public StatusPair choose(String guest) {
    Chosen here = source.choose(guest);
    Chosen there = destination.choose(guest);
    return new StatusPair(here.status, there.status, here.failure, there.failure);
  }

  /** Whether at least one daemon answered. */
  public boolean isAnswered() {
    return source.guests != null || destination.guests != null;
  }

  /** Whether the daemons have more than one guest. */
  public boolean areSeveral() {
    return Stream.concat(source.list().stream(), destination.list().stream())
            .filter(GuestChoice::isLive)
            .map(GuestChoice::id)
            .distinct()
            .count()
        > 1;
  }

  /**
   * Whether it takes a name to say which guest is meant: the source's only one is, whatever the
   * destination has besides.
   */
  public boolean areAmbiguous() {
    return source.live() > 1 || (source.list().isEmpty() && destination.live() > 1);
  }

  /** Each guest as both daemons see it, in the order in which they came. */
  public List<StatusPair> pairs() {
    return Stream.concat(source.list().stream(), destination.list().stream())
        .map(GuestChoice::id)
        .distinct()
        .map(id ->
            new StatusPair(source.of(id), destination.of(id), source.failure, destination.failure))
        .toList();
  }
}
