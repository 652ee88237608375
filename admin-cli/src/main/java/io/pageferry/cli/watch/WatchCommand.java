package io.pageferry.cli.watch;

import com.google.gson.JsonElement;
import io.pageferry.cli.daemons.SharedOptions;
import io.pageferry.cli.migrate.Migrations;
import io.pageferry.cli.migrate.ProgressLines;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Printer;
import io.pageferry.cli.output.StandardOutput;
import io.pageferry.cli.output.Terminal;
import io.pageferry.cli.view.GuestLines;
import io.pageferry.cli.view.LiveArea;
import io.pageferry.client.Daemons;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
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
      "Live view of guest and migration, until Ctrl-C; of several guests, a line for each.",
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
    try (Daemons daemons = options.connectBoth()) {
      if (options.guest.isEmpty()) {
        try (GuestsWatch guests = new GuestsWatch(daemons, interval)) {
          guests.awaitFirst();
          if (guests.look().areAmbiguous()) {
            return watchAll(guests);
          }
        }
      }
      return watchOne(daemons);
    }
  }

  /** One guest in detail. */
  private int watchOne(Daemons daemons) throws InterruptedException {
    try (StatusFeed source = new StatusFeed(daemons.source(), interval, () -> "");
        StatusFeed destination = new StatusFeed(daemons.destination(), interval, source::guestId)) {
      source.awaitFirst();
      destination.awaitFirst();
      if (source.isAmbiguous()) {
        // It was slow to say so.
        try (GuestsWatch guests = new GuestsWatch(daemons, interval)) {
          guests.awaitFirst();
          return watchAll(guests);
        }
      }
      WatchHistory history = new WatchHistory();
      Migrations.End end = new Migrations.End();
      Terminal terminal = Terminal.output();
      ProgressLines lines = new ProgressLines(new LiveArea(terminal.stream(), false), terminal);
      return watch(
          () -> look(source, destination, history),
          frame -> end.outcome(frame.now().answered(), frame.now().nanos()),
          new Pictures<>(
              WatchView::render,
              frame -> lines.show(frame.now().answered(), frame.now().nanos()),
              frame -> Json.of(frame.now().answered())));
    }
  }

  /** A line for each guest. */
  private int watchAll(GuestsWatch guests) throws InterruptedException {
    Terminal terminal = Terminal.output();
    PrintWriter out = Printer.of(spec);
    return watch(
        guests::look,
        guests::outcome,
        new Pictures<>(GuestLines::screen, frame -> guests.print(frame, out, terminal), Json::of));
  }

  /** How what is seen is shown to each kind of reader. */
  private record Pictures<F>(
      WatchDisplay.Screen.Renderer<F> screen, Consumer<F> lines, Function<F, JsonElement> json) {}

  private <F> int watch(Supplier<F> look, Function<F, Optional<ExitCode>> end, Pictures<F> pictures)
      throws InterruptedException {
    F frame = look.get();
    WatchDisplay<F> display = display(pictures, frame);
    Thread restore = new Thread(display::close, "restore-terminal");
    Runtime.getRuntime().addShutdownHook(restore);
    try (display) {
      while (true) {
        display.show(frame);
        Optional<ExitCode> outcome = untilDone ? end.apply(frame) : Optional.empty();
        if (outcome.isPresent()) {
          return outcome.get().number();
        }
        pause(display);
        frame = look.get();
      }
    } finally {
      removeHook(restore);
    }
  }

  /** Until the next look is due. */
  private void pause(WatchDisplay<?> display) throws InterruptedException {
    long shown = System.nanoTime();
    while (System.nanoTime() - shown < interval.toNanos()) {
      Thread.sleep(interval.compareTo(REFRESH_INTERVAL) < 0 ? interval : REFRESH_INTERVAL);
      StandardOutput.requireOpen();
      display.refresh();
    }
  }

  private static WatchFrame look(StatusFeed source, StatusFeed destination, WatchHistory history) {
    long now = System.nanoTime();
    return history.add(new Observation(now, source.look(now), destination.look(now)));
  }

  private <F> WatchDisplay<F> display(Pictures<F> pictures, F first) {
    Terminal terminal = Terminal.output();
    if (options.json()) {
      return new WatchDisplay.Objects<>(Printer.of(spec), pictures.json());
    }
    return terminal.interactive()
        ? new WatchDisplay.Screen<>(terminal, pictures.screen(), first)
        : new WatchDisplay.Lines<>(pictures.lines());
  }

  private static void removeHook(Thread hook) {
    try {
      var _ = Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // Shutting down already: the hook has run or is about to.
    }
  }
}
