package io.pageferry.cli.output;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.pageferry.client.DaemonGuests;
import io.pageferry.client.StatusPair;
import io.pageferry.text.PlainText;
import org.jspecify.annotations.Nullable;

/**
 * JSON for machines. Messages are in protobuf's JSON mapping (64-bit integers as strings), every
 * field without presence printed, so that the shape does not depend on the values.
 */
public final class Json {
  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().serializeNulls().disableHtmlEscaping().create();
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().alwaysPrintFieldsWithNoPresence().omittingInsignificantWhitespace();

  private Json() {}

  /** A message as a JSON object; null as null. */
  public static JsonElement of(@Nullable Message message) {
    if (message == null) {
      return JsonNull.INSTANCE;
    }
    try {
      return JsonParser.parseString(PRINTER.print(message));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("A message without Any fields cannot fail to print.", e);
    }
  }

  /** Both daemons' statuses, each with the reason where it is missing. */
  public static JsonObject of(StatusPair statuses) {
    JsonObject object = new JsonObject();
    object.add("source", of(statuses.source()));
    object.add("destination", of(statuses.destination()));
    object.addProperty("sourceFailure", statuses.sourceFailure());
    object.addProperty("destinationFailure", statuses.destinationFailure());
    return object;
  }

  /** All guests of both daemons, each daemon with the reason where it does not answer. */
  public static JsonObject of(DaemonGuests guests) {
    JsonObject object = new JsonObject();
    addGuests(object, guests);
    object.addProperty("sourceFailure", guests.source().failure());
    object.addProperty("destinationFailure", guests.destination().failure());
    return object;
  }

  /** One guest of both daemons, and all. */
  public static JsonObject of(StatusPair statuses, DaemonGuests guests) {
    JsonObject object = of(statuses);
    addGuests(object, guests);
    return object;
  }

  private static void addGuests(JsonObject object, DaemonGuests guests) {
    object.add("sourceGuests", array(guests.source()));
    object.add("destinationGuests", array(guests.destination()));
  }

  private static JsonArray array(DaemonGuests.Answer answer) {
    JsonArray array = new JsonArray();
    answer.list().forEach(status -> array.add(of(status)));
    return array;
  }

  /** Indented text. */
  public static String text(JsonElement element) {
    return escaped(GSON.toJson(element));
  }

  /** Text on one line, for streams of objects. */
  public static String line(JsonElement element) {
    return escaped(element.toString());
  }

  /** JSON allows characters that command a terminal in its texts; all of them are escaped here. */
  private static String escaped(String json) {
    StringBuilder safe = new StringBuilder(json.length());
    json.codePoints()
        .forEach(c -> {
          if (c == '\n' || PlainText.isPrintable(c)) {
            safe.appendCodePoint(c);
          } else {
            for (char half : Character.toChars(c)) {
              safe.append("\\u%04x".formatted((int) half));
            }
          }
        });
    return safe.toString();
  }
}
