package io.pageferry.bench.qemu;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a QEMU's monitor (QMP): one JSON object a line, commands and their replies in
 * order, events in between. Commands come from one thread; a thread of its own, {@code qmp}, reads
 * and keeps every event. Closed by whoever opened it.
 */
final class Qmp implements AutoCloseable {
  private static final Duration REPLY_LIMIT = Duration.ofSeconds(60);

  /**
   * Something that QEMU reports unasked.
   *
   * @param name for instance {@code STOP}
   * @param data its details; an empty object if it has none
   * @param epochMicros when it happened, by the host's clock
   */
  record Event(String name, JsonObject data, long epochMicros) {
    static Event of(JsonObject message) {
      JsonObject timestamp = message.getAsJsonObject("timestamp");
      JsonObject data = message.getAsJsonObject("data");
      return new Event(
          message.get("event").getAsString(),
          data == null ? new JsonObject() : data,
          timestamp.get("seconds").getAsLong() * 1_000_000
              + timestamp.get("microseconds").getAsLong());
    }
  }

  /** A command and its arguments. */
  record Command(String name, JsonObject arguments) {
    private String line() {
      JsonObject message = new JsonObject();
      message.addProperty("execute", name);
      message.add("arguments", arguments);
      return message + "\n";
    }
  }

  private final SocketChannel channel;
  private final List<Event> events = new ArrayList<>();
  private final Queue<JsonObject> replies = new ArrayDeque<>();
  private @Nullable String ended;

  private Qmp(SocketChannel channel) {
    this.channel = channel;
  }

  /**
   * Connects to a socket that listens, and agrees on the protocol.
   *
   * @throws IOException if it does not listen (yet)
   */
  static Qmp connect(Path socket) throws IOException, InterruptedException {
    Qmp qmp = new Qmp(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    var _ = Thread.ofVirtual().name("qmp").start(qmp::read);
    try {
      var _ = qmp.call("qmp_capabilities");
      return qmp;
    } catch (FerryException e) {
      qmp.close();
      throw e;
    }
  }

  /** The result of a command without arguments. */
  JsonElement call(String name) throws InterruptedException {
    return call(name, new JsonObject());
  }

  /**
   * The result of a command.
   *
   * @throws FerryException if QEMU refuses it, does not answer, or has ended
   */
  JsonElement call(String name, JsonObject arguments) throws InterruptedException {
    return callAll(new Command(name, arguments)).getFirst();
  }

  /** Sends commands in one go, then waits for all their results. */
  List<JsonElement> callAll(Command... commands) throws InterruptedException {
    StringBuilder lines = new StringBuilder();
    for (Command command : commands) {
      lines.append(command.line());
    }
    ByteBuffer bytes = ByteBuffer.wrap(lines.toString().getBytes(UTF_8));
    try {
      while (bytes.hasRemaining()) {
        var _ = channel.write(bytes);
      }
    } catch (IOException e) {
      throw failure(commands[0].name() + " cannot be sent: " + e.getMessage());
    }
    List<JsonElement> results = new ArrayList<>();
    for (Command command : commands) {
      results.add(awaitReply(command.name()));
    }
    return results;
  }

  private synchronized JsonElement awaitReply(String command) throws InterruptedException {
    long deadline = System.nanoTime() + REPLY_LIMIT.toNanos();
    while (replies.isEmpty()) {
      long millis = millisUntil(deadline);
      if (ended != null || millis <= 0) {
        throw failure("no answer to " + command + (ended == null ? "" : ": " + ended));
      }
      wait(millis);
    }
    JsonObject reply = replies.remove();
    JsonElement error = reply.get("error");
    if (error != null) {
      throw failure(command + " is refused: " + error);
    }
    return reply.get("return");
  }

  /**
   * The first event so far, or to come, that is wanted.
   *
   * @param limit how long to wait for it
   * @return empty if there is none within the limit
   * @throws FerryException if QEMU has ended without it
   */
  synchronized Optional<Event> awaitEvent(Predicate<Event> wanted, Duration limit)
      throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      Optional<Event> found = events.stream().filter(wanted).findFirst();
      if (found.isPresent()) {
        return found;
      }
      if (ended != null) {
        throw failure(ended);
      }
      long millis = millisUntil(deadline);
      if (millis <= 0) {
        return Optional.empty();
      }
      wait(millis);
    }
  }

  private static long millisUntil(long deadline) {
    return Math.ceilDiv(deadline - System.nanoTime(), 1_000_000L);
  }

  private void read() {
    String reason = "the monitor's connection has ended";
    try (BufferedReader lines = new BufferedReader(Channels.newReader(channel, UTF_8))) {
      String line = lines.readLine();
      while (line != null) {
        receive(JsonParser.parseString(line).getAsJsonObject());
        line = lines.readLine();
      }
    } catch (IOException | JsonSyntaxException e) {
      reason = "the monitor's connection has failed (" + e.getMessage() + ")";
    }
    end(reason);
  }

  private synchronized void receive(JsonObject message) {
    if (message.has("event")) {
      events.add(Event.of(message));
    } else if (message.has("return") || message.has("error")) {
      replies.add(message);
    }
    // Anything else is the greeting.
    notifyAll();
  }

  private synchronized void end(String reason) {
    ended = reason;
    notifyAll();
  }

  private static FerryException failure(String what) {
    return new FerryException(ExitCode.INTERNAL, "QEMU: " + what + ".");
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // Nobody reads from it any more.
    }
  }
}
