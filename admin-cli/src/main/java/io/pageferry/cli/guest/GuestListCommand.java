package io.pageferry.cli.guest;

import io.pageferry.cli.daemons.GuestSide;
import io.pageferry.cli.daemons.SharedOptions;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Printer;
import io.pageferry.cli.output.Terminal;
import io.pageferry.cli.view.GuestTable;
import io.pageferry.client.AdminClient;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.ListGuestsResponse;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The guests of a daemon. */
@Command(
    name = "list",
    description = "The guests of a daemon, those that have moved away included.")
final class GuestListCommand implements Callable<Integer> {
  @Mixin private SharedOptions options = new SharedOptions();
  @Mixin private GuestSide guestSide = new GuestSide();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    ListGuestsResponse guests;
    String daemon;
    try (AdminClient client = guestSide.connect(options)) {
      guests = client.guests();
      daemon = client.description();
    }
    PrintWriter out = Printer.of(spec);
    if (options.json()) {
      out.println(Json.text(Json.of(guests)));
    } else if (guests.getGuestsCount() == 0) {
      out.println("There is no guest at " + daemon + ".");
    } else {
      Terminal terminal = Terminal.output();
      GuestTable.render(guests.getGuestsList(), terminal.palette()).forEach(out::println);
    }
    return ExitCode.OK.number();
  }
}
