package io.pageferry.cli.daemons;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pageferry.cli.client.FerryException;
import io.pageferry.cli.client.GuestChoice;
import io.pageferry.cli.client.StatusPair;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.view.GuestTable;
import io.pageferry.cli.view.Palette;
import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.Status;
import java.util.ArrayList;
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
  record Answer(String daemon, @Nullable ListGuestsResponse guests, String failure) {
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

    private List<Status> list() {
      return guests == null ? List.of() : guests.getGuestsList();
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

  /** Both daemons, a line for each guest. */
  public List<String> tables(Palette palette) {
    List<String> lines = new ArrayList<>();
    for (Answer answer : List.of(source, destination)) {
      if (!lines.isEmpty()) {
        lines.add("");
      }
      if (answer.guests == null) {
        lines.add(palette.notice(answer.failure));
      } else if (answer.list().isEmpty()) {
        lines.add("No guest at " + answer.daemon + ".");
      } else {
        lines.add("Guests at " + answer.daemon + ":");
        lines.addAll(GuestTable.render(answer.list(), palette));
      }
    }
    return lines;
  }

  /** One guest as {@link Json} has it, and all of both daemons. */
  public JsonObject json(StatusPair chosen) {
    JsonObject object = Json.of(chosen);
    object.add("sourceGuests", array(source));
    object.add("destinationGuests", array(destination));
    return object;
  }

  private static JsonArray array(Answer answer) {
    JsonArray array = new JsonArray();
    answer.list().forEach(status -> array.add(Json.of(status)));
    return array;
  }
}
