package io.pageferry.cli;

import io.pageferry.cli.view.LiveArea;
import io.pageferry.cli.view.ProgressLine;
import io.pageferry.cli.view.WatchView;
import io.pageferry.config.cli.ExitCode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Both daemons, again and again. */
@Command(
    name = "watch",
    description = {
      "Live view of guest and migration, until Ctrl-C.",
      "On a terminal it is redrawn in place; elsewhere each state is one line; with --output json"
          + " each is one object."
    })
final class WatchCommand implements Callable<Integer> {
  @Mixin private SharedOptions options = new SharedOptions();

  @Option(
      names = "--interval",
      paramLabel = "DURATION",
      defaultValue = "500ms",
      description = "Time between two looks (default: ${DEFAULT-VALUE}).")
  private Duration interval = Duration.ofMillis(500);

  @Option(
      names = "--until-done",
      description = "End when the migration has ended or is paused; the exit code tells how.")
  private boolean untilDone;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (interval.toMillis() < 20 || interval.toHours() >= 1) {
      throw new FerryException(
          ExitCode.USAGE, "--interval must be between 20ms and 1h, for instance 500ms.");
    }
    Terminal terminal = Terminal.output();
    boolean redraw = terminal.interactive() && !options.json();
    LiveArea area = new LiveArea(terminal.stream(), redraw);
    Thread restore = new Thread(area::close, "restore-terminal");
    Runtime.getRuntime().addShutdownHook(restore);
    try (area;
        Daemons daemons = options.connectBoth()) {
      while (true) {
        StatusPair statuses = daemons.statuses();
        show(statuses, terminal, area);
        if (untilDone) {
          if (Migrations.ended(statuses.phase())) {
            return Migrations.outcome(statuses).number();
          }
          if (statuses.source() == null && statuses.destination() == null) {
            return ExitCode.UNREACHABLE.number();
          }
        }
        Thread.sleep(interval);
      }
    } finally {
      removeHook(restore);
    }
  }

  private void show(StatusPair statuses, Terminal terminal, LiveArea area) {
    if (options.json()) {
      Printer.of(spec).println(Json.line(Json.of(statuses)));
      Printer.of(spec).flush();
    } else if (area.redraws()) {
      area.show(WatchView.render(statuses, terminal.columns(), terminal.palette()));
    } else {
      area.show(List.of(ProgressLine.render(statuses, terminal.liveColumns(), terminal.palette())));
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // Shutting down already: the hook has run or is about to.
    }
  }
}
