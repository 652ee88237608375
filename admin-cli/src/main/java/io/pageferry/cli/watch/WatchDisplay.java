package io.pageferry.cli.watch;

import com.google.gson.JsonElement;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Terminal;
import io.pageferry.cli.view.FullScreen;
import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.Size;
import java.io.PrintWriter;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Where {@code ferry watch} shows what it sees. One thread, but for {@link #close}.
 *
 * @param <F> what it sees at one moment
 */
interface WatchDisplay<F> extends AutoCloseable {
  /** Shows a new look. */
  void show(F frame);

  /** Shows the latest look again if there is a reason to. Cheap. */
  default void refresh() {}

  /** Leaves the terminal as it was. Any thread; idempotent. */
  @Override
  void close();

  /** A terminal of any size, which may change. */
  final class Screen<F> implements WatchDisplay<F> {
    /** Draws a frame. */
    interface Renderer<F> {
      /** Lines for a screen of that size. */
      List<String> render(F frame, Size size, Palette palette);
    }

    private final Terminal terminal;
    private final Renderer<F> renderer;
    private final FullScreen screen;
    private Size size = new Size(0, 0);
    private F latest;

    /** Enters the alternate screen. */
    Screen(Terminal terminal, Renderer<F> renderer, F first) {
      this.terminal = terminal;
      this.renderer = renderer;
      this.screen = new FullScreen(terminal.stream());
      this.latest = first;
    }

    @Override
    public void show(F frame) {
      latest = frame;
      size = terminal.size();
      screen.show(renderer.render(frame, size, terminal.palette()), size);
    }

    @Override
    public void refresh() {
      if (!terminal.size().equals(size)) {
        show(latest);
      }
    }

    @Override
    public void close() {
      screen.close();
    }
  }

  /** A file or a pipe that people read. */
  final class Lines<F> implements WatchDisplay<F> {
    private final Consumer<F> printer;

    /** Prints with {@code printer} what is new. */
    Lines(Consumer<F> printer) {
      this.printer = printer;
    }

    @Override
    public void show(F frame) {
      printer.accept(frame);
    }

    @Override
    public void close() {}
  }

  /** A program: an object on a line for each look. */
  final class Objects<F> implements WatchDisplay<F> {
    private final PrintWriter out;
    private final Function<F, JsonElement> json;

    Objects(PrintWriter out, Function<F, JsonElement> json) {
      this.out = out;
      this.json = json;
    }

    @Override
    public void show(F frame) {
      out.println(Json.line(json.apply(frame)));
      out.flush();
    }

    @Override
    public void close() {}
  }
}
