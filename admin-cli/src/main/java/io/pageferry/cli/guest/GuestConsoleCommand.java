package io.pageferry.cli.guest;

import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import io.pageferry.cli.daemons.GuestSide;
import io.pageferry.cli.daemons.SharedOptions;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Printer;
import io.pageferry.cli.output.StandardOutput;
import io.pageferry.cli.output.Utf8Pieces;
import io.pageferry.client.AdminClient;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.ReadConsoleRequest;
import io.pageferry.proto.v1.ReadConsoleResponse;
import io.pageferry.proto.v1.WriteConsoleRequest;
import io.pageferry.proto.v1.WriteConsoleResponse;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The guest's serial port. */
@Command(
    name = "console",
    description = "Print what the guest wrote to its serial port, or write to it.")
final class GuestConsoleCommand implements Callable<Integer> {
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(200);

  @Mixin private SharedOptions options = new SharedOptions();
  @Mixin private GuestSide guestSide = new GuestSide();

  @Option(
      names = "--write",
      paramLabel = "TEXT",
      description = "Bytes for the guest; nothing is read then.")
  private @Nullable String text;

  @Option(
      names = "--follow",
      description = "Go on as the guest writes, until it has ended or is unloaded.")
  private boolean follow;

  @Option(
      names = "--offset",
      defaultValue = "0",
      description = "First byte wanted, counted from the guest's start (default: 0).")
  private long offset;

  @Spec private @Nullable CommandSpec spec;

  private final Utf8Pieces pieces = new Utf8Pieces();
  private long nextOffset;

  @Override
  public Integer call() {
    try (AdminClient client = guestSide.connect(options)) {
      if (text != null) {
        ByteString data = ByteString.copyFromUtf8(text);
        WriteConsoleResponse response =
            client.call(stub ->
                stub.writeConsole(
                    WriteConsoleRequest.newBuilder()
                        .setGuest(client.guest())
                        .setData(data)
                        .build()));
        if (options.json()) {
          Printer.of(spec).println(Json.text(Json.of(response)));
        }
        return ExitCode.OK.number();
      }
      ReadConsoleRequest request =
          ReadConsoleRequest.newBuilder()
              .setGuest(client.guest())
              .setOffset(offset)
              .setFollow(follow)
              .build();
      if (follow) {
        follow(client, request);
      } else {
        client.call(stub -> {
          stub.readConsole(request).forEachRemaining(this::print);
          return request;
        });
      }
      print(nextOffset - pieces.pending(), pieces.rest());
    }
    return ExitCode.OK.number();
  }

  private void follow(AdminClient client, ReadConsoleRequest request) {
    Thread reader = Thread.ofVirtual().name("reader").start(() -> closeWithoutReader(client));
    try {
      client.follow(stub -> stub.readConsole(request).forEachRemaining(this::print));
      print(nextOffset - pieces.pending(), pieces.rest());
    } catch (FerryException e) {
      StandardOutput.requireOpen();
      throw e;
    } finally {
      reader.interrupt();
    }
    StandardOutput.requireOpen();
    GuestStatus guest = client.status().getGuest();
    if (!guest.getFailure().isEmpty()) {
      throw new FerryException(ExitCode.GUEST_LOST, "The guest has failed: " + guest.getFailure());
    }
  }

  /** A guest that prints nothing would keep a command for ever that nobody reads any more. */
  private static void closeWithoutReader(AdminClient client) {
    try {
      while (StandardOutput.failure().isEmpty()) {
        Thread.sleep(LOOK_INTERVAL);
      }
      client.close();
    } catch (InterruptedException _) {
      // The console has come to its end.
    }
  }

  private void print(ReadConsoleResponse response) {
    if (response.getOffset() != nextOffset) {
      // The daemon no longer has what is between: what came before is not continued.
      print(nextOffset - pieces.pending(), pieces.rest());
    }
    long first = response.getOffset() - pieces.pending();
    nextOffset = response.getOffset() + response.getData().size();
    print(first, pieces.next(response.getData().asReadOnlyByteBuffer()));
  }

  private void print(long first, String data) {
    if (data.isEmpty()) {
      return;
    }
    PrintWriter out = Printer.of(spec);
    if (options.json()) {
      JsonObject object = new JsonObject();
      object.addProperty("offset", first);
      object.addProperty("text", data);
      out.println(Json.line(object));
    } else {
      out.print(data);
    }
    out.flush();
  }
}
