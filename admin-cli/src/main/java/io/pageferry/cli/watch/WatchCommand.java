package io.pageferry.cli.watch;

import io.pageferry.cli.client.FerryException;
import io.pageferry.cli.daemons.Daemons;
import io.pageferry.cli.daemons.SharedOptions;
import io.pageferry.cli.migrate.Migrations;
import io.pageferry.cli.output.Printer;
import io.pageferry.cli.output.StandardOutput;
import io.pageferry.cli.output.Terminal;
import io.pageferry.config.cli.ExitCode;
import java.time.Duration;
import java.util.Optional;
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
      "On a terminal it fills the screen; elsewhere it prints a line when the phase changes, and"
          + " else at most one a second; with --output json each look is one object on a line."
    })
public final class WatchCommand implements Callable<Integer> {
  /** How soon a terminal that changes its size gets a picture that fits. */
  private static final Duration REFRESH_INTERVAL = Duration.ofMillis(100);

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
    try (Daemons daemons = options.connectBoth();
        StatusFeed source = new StatusFeed(daemons.source(), interval, () -> "");
        StatusFeed destination = new StatusFeed(daemons.destination(), interval, source::guestId)) {
      source.awaitFirst();
      destination.awaitFirst();
      source.requireOneGuest();
      WatchHistory history = new WatchHistory();
      WatchFrame first = look(source, destination, history);
      WatchDisplay display = display(first);
      Thread restore = new Thread(display::close, "restore-terminal");
      Runtime.getRuntime().addShutdownHook(restore);
      try (display) {
        return watch(source, destination, history, first, display);
      } finally {
        removeHook(restore);
      }
    }
  }

  private int watch(
      StatusFeed source,
      StatusFeed destination,
      WatchHistory history,
      WatchFrame first,
      WatchDisplay display)
      throws InterruptedException {
    Migrations.End end = new Migrations.End();
    WatchFrame frame = first;
    while (true) {
      display.show(frame);
      Optional<ExitCode> outcome =
          untilDone ? end.outcome(frame.now().answered(), frame.now().nanos()) : Optional.empty();
      if (outcome.isPresent()) {
        return outcome.get().number();
      }
      long shown = System.nanoTime();
      while (System.nanoTime() - shown < interval.toNanos()) {
        Thread.sleep(interval.compareTo(REFRESH_INTERVAL) < 0 ? interval : REFRESH_INTERVAL);
        StandardOutput.requireOpen();
        display.refresh();
      }
      frame = look(source, destination, history);
    }
  }

  private static WatchFrame look(StatusFeed source, StatusFeed destination, WatchHistory history) {
    long now = System.nanoTime();
    return history.add(new Observation(now, source.look(now), destination.look(now)));
  }

  private WatchDisplay display(WatchFrame first) {
    Terminal terminal = Terminal.output();
    if (options.json()) {
      return new WatchDisplay.Objects(Printer.of(spec));
    }
    return terminal.interactive()
        ? new WatchDisplay.Screen(terminal, first)
        : new WatchDisplay.Lines(terminal);
  }

  private static void removeHook(Thread hook) {
    try {
      var _ = Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // Shutting down already: the hook has run or is about to.
    }
  }
}
