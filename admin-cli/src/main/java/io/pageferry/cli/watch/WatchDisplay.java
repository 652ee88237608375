package io.pageferry.cli.watch;

import io.pageferry.cli.migrate.ProgressLines;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Terminal;
import io.pageferry.cli.view.FullScreen;
import io.pageferry.cli.view.LiveArea;
import io.pageferry.cli.view.Size;
import java.io.PrintWriter;

/** Where {@code ferry watch} shows what it sees. One thread, but for {@link #close}. */
interface WatchDisplay extends AutoCloseable {
  /** Shows a new look. */
  void show(WatchFrame frame);

  /** Shows the latest look again if there is a reason to. Cheap. */
  default void refresh() {}

  /** Leaves the terminal as it was. Any thread; idempotent. */
  @Override
  void close();

  /** A terminal of any size, which may change. */
  final class Screen implements WatchDisplay {
    private final Terminal terminal;
    private final FullScreen screen;
    private Size size = new Size(0, 0);
    private WatchFrame latest;

    /** Enters the alternate screen. */
    Screen(Terminal terminal, WatchFrame first) {
      this.terminal = terminal;
      this.screen = new FullScreen(terminal.stream());
      this.latest = first;
    }

    @Override
    public void show(WatchFrame frame) {
      latest = frame;
      size = terminal.size();
      screen.show(WatchView.render(frame, size, terminal.palette()), size);
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
  final class Lines implements WatchDisplay {
    private final ProgressLines lines;

    Lines(Terminal terminal) {
      lines = new ProgressLines(new LiveArea(terminal.stream(), false), terminal);
    }

    @Override
    public void show(WatchFrame frame) {
      lines.show(frame.now().answered(), frame.now().nanos());
    }

    @Override
    public void close() {}
  }

  /** A program: an object on a line for each look. */
  final class Objects implements WatchDisplay {
    private final PrintWriter out;

    Objects(PrintWriter out) {
      this.out = out;
    }

    @Override
    public void show(WatchFrame frame) {
      out.println(Json.line(Json.of(frame.now().answered())));
      out.flush();
    }

    @Override
    public void close() {}
  }
}
