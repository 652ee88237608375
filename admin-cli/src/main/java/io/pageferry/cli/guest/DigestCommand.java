package io.pageferry.cli.guest;

import io.pageferry.cli.daemons.GuestSide;
import io.pageferry.cli.daemons.SharedOptions;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Printer;
import io.pageferry.client.AdminClient;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.DigestGuestRequest;
import io.pageferry.proto.v1.DigestGuestResponse;
import io.pageferry.text.PlainText;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** SHA-256 of a paused guest. */
@Command(name = "digest", description = "SHA-256 of memory and state of a guest that is paused.")
public final class DigestCommand implements Callable<Integer> {
  @Mixin private SharedOptions options = new SharedOptions();
  @Mixin private GuestSide guestSide = new GuestSide();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = Printer.of(spec);
    try (AdminClient client = guestSide.connect(options)) {
      DigestGuestResponse response =
          client.call(stub ->
              stub.digestGuest(DigestGuestRequest.newBuilder().setGuest(client.guest()).build()));
      if (options.json()) {
        out.println(Json.text(Json.of(response)));
      } else {
        out.println("memory " + PlainText.of(response.getMemorySha256()));
        out.println("state  " + PlainText.of(response.getStateSha256()));
      }
    }
    return ExitCode.OK.number();
  }
}
