package io.pageferry.cli;

import io.pageferry.cli.view.StatusView;
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
      "Guest and migration as both daemons see them.",
      "Succeeds when at least one of them answers."
    })
final class StatusCommand implements Callable<Integer> {
  @Mixin private SharedOptions options = new SharedOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    StatusPair statuses;
    try (Daemons daemons = options.connectBoth()) {
      statuses = daemons.statuses();
    }
    PrintWriter out = Printer.of(spec);
    if (options.json()) {
      out.println(Json.text(Json.of(statuses)));
    } else {
      Terminal terminal = Terminal.output();
      StatusView.render(
              statuses,
              options.source.toString(),
              options.destination.toString(),
              terminal.columns(),
              terminal.palette())
          .forEach(out::println);
    }
    out.flush();
    boolean answered = statuses.source() != null || statuses.destination() != null;
    return (answered ? ExitCode.OK : ExitCode.UNREACHABLE).number();
  }
}
