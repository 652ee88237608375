package io.pageferry.cli.status;

import io.pageferry.cli.daemons.SharedOptions;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Printer;
import io.pageferry.cli.output.Terminal;
import io.pageferry.cli.view.GuestTable;
import io.pageferry.cli.view.StatusView;
import io.pageferry.client.DaemonGuests;
import io.pageferry.client.Daemons;
import io.pageferry.client.StatusPair;
import io.pageferry.config.cli.ExitCode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Both daemons as they stand. */
@Command(
    name = "status",
    description = {
      "Guest and migration as both daemons see them; of several guests, a line for each.",
      "Succeeds when at least one of them answers."
    })
public final class StatusCommand implements Callable<Integer> {
  @Mixin private SharedOptions options = new SharedOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    DaemonGuests guests;
    try (Daemons daemons = options.connectBoth()) {
      guests = daemons.guests();
    }
    StatusPair statuses = guests.choose(options.guest);
    PrintWriter out = Printer.of(spec);
    Terminal terminal = Terminal.output();
    if (options.json()) {
      out.println(Json.text(Json.of(statuses, guests)));
    } else if (options.guest.isEmpty() && guests.areSeveral()) {
      GuestTable.render(guests, terminal.palette()).forEach(out::println);
    } else {
      StatusView.render(
              statuses,
              options.source.toString(),
              options.destination.toString(),
              terminal.columns(),
              terminal.palette())
          .forEach(out::println);
    }
    out.flush();
    return (guests.isAnswered() ? ExitCode.OK : ExitCode.UNREACHABLE).number();
  }
}
