package io.pageferry.cli.view;

import java.io.PrintStream;
import java.util.List;

/**
 * Lines that change: redrawn in place on a terminal, printed one after the other elsewhere. One
 * thread at a time; {@link #close} leaves the last state on the screen and the cursor visible.
 */
public final class LiveArea implements AutoCloseable {
  private static final String HIDE_CURSOR = "\u001b[?25l";
  private static final String SHOW_CURSOR = "\u001b[?25h";
  private static final String CLEAR_TO_END = "\u001b[K";

  private final PrintStream out;
  private final boolean redraw;

  /** Also Ctrl-C leaves the cursor visible. */
  private final Thread restore = new Thread(this::showCursor, "restore-cursor");

  private int drawn;
  private boolean closed;

  /**
   * An area at the cursor.
   *
   * @param redraw whether the stream is a terminal
   */
  public LiveArea(PrintStream out, boolean redraw) {
    this.out = out;
    this.redraw = redraw;
    if (redraw) {
      Runtime.getRuntime().addShutdownHook(restore);
    }
  }

  /** Whether {@link #show} replaces what it showed before. */
  public boolean redraws() {
    return redraw;
  }

  /** Shows lines instead of those before. No line may be wider than the terminal. */
  public synchronized void show(List<String> lines) {
    if (closed) {
      return;
    }
    StringBuilder text = new StringBuilder();
    if (redraw) {
      text.append(HIDE_CURSOR);
      if (drawn > 0) {
        text.append("\u001b[").append(drawn).append("A\r");
      }
    }
    for (String line : lines) {
      text.append(line).append(redraw ? CLEAR_TO_END : "").append('\n');
    }
    if (redraw) {
      text.append("\u001b[J");
    }
    drawn = lines.size();
    out.print(text);
    out.flush();
  }

  /** Lines that stay; what is shown next comes below. */
  public synchronized void keep() {
    drawn = 0;
  }

  @Override
  public synchronized void close() {
    if (!closed && redraw) {
      showCursor();
      try {
        var _ = Runtime.getRuntime().removeShutdownHook(restore);
      } catch (IllegalStateException _) {
        // Shutting down already.
      }
    }
    closed = true;
  }

  private void showCursor() {
    out.print(SHOW_CURSOR);
    out.flush();
  }
}
