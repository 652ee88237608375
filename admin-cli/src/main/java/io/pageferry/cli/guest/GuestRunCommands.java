package io.pageferry.cli.guest;

import com.google.protobuf.Message;
import io.pageferry.cli.daemons.GuestSide;
import io.pageferry.cli.daemons.SharedOptions;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Printer;
import io.pageferry.cli.view.Units;
import io.pageferry.client.AdminClient;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.PauseGuestRequest;
import io.pageferry.proto.v1.ResumeGuestRequest;
import io.pageferry.proto.v1.UnloadGuestRequest;
import io.pageferry.proto.v1.UnloadGuestResponse;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Commands that need no more than the guest's side. */
final class GuestRunCommands {
  private GuestRunCommands() {}

  /** One call to one daemon, its answer as a sentence or as JSON. */
  abstract static class OneCall implements Callable<Integer> {
    @Mixin private SharedOptions options = new SharedOptions();
    @Mixin private GuestSide guestSide = new GuestSide();
    @Spec @org.jspecify.annotations.Nullable CommandSpec spec;

    /** Makes the call. */
    abstract Answer ask(AdminClient client);

    @Override
    public Integer call() {
      try (AdminClient client = guestSide.connect(options)) {
        Answer answer = ask(client);
        Printer.of(spec)
            .println(options.json() ? Json.text(Json.of(answer.message)) : answer.sentence);
      }
      return ExitCode.OK.number();
    }

    /** A response and what it means. */
    record Answer(Message message, String sentence) {}
  }

  @Command(name = "start", description = "Run the guest that was loaded.")
  static final class Start extends OneCall {
    @Override
    Answer ask(AdminClient client) {
      return new Answer(
          client.call(stub ->
              stub.resumeGuest(ResumeGuestRequest.newBuilder().setGuest(client.guest()).build())),
          "The guest runs at " + client.description() + ".");
    }
  }

  @Command(name = "resume", description = "Run the guest on from where it was paused.")
  static final class Resume extends OneCall {
    @Override
    Answer ask(AdminClient client) {
      return new Answer(
          client.call(stub ->
              stub.resumeGuest(ResumeGuestRequest.newBuilder().setGuest(client.guest()).build())),
          "The guest runs on at " + client.description() + ".");
    }
  }

  @Command(name = "pause", description = "Stop every vCPU of the guest.")
  static final class Pause extends OneCall {
    @Override
    Answer ask(AdminClient client) {
      var response =
          client.call(stub ->
              stub.pauseGuest(PauseGuestRequest.newBuilder().setGuest(client.guest()).build()));
      return new Answer(
          response,
          "The guest is paused at %s; the last vCPU stopped after %s."
              .formatted(client.description(), Units.duration(response.getPauseNanos())));
    }
  }

  @Command(name = "unload", description = "Discard the guest and free its memory.")
  static final class Unload extends OneCall {
    @Option(
        names = "--force",
        description = {
          "Also while a migration runs or is paused: end it, and give up what only this daemon"
              + " has.",
          "Without it, the refusal says what that is."
        })
    private boolean force;

    @Override
    Answer ask(AdminClient client) {
      UnloadGuestRequest request =
          UnloadGuestRequest.newBuilder().setGuest(client.guest()).setForce(force).build();
      UnloadGuestResponse response = client.call(stub -> stub.unloadGuest(request));
      String guest = client.guest().isEmpty() ? "The guest" : "Guest " + client.guest();
      String gone = guest + " is gone from " + client.description() + ".";
      return new Answer(
          response, response.getLoss().isEmpty() ? gone : gone + " " + response.getLoss());
    }
  }
}
