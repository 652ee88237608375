package io.pageferry.cli.view;

import java.io.PrintStream;
import java.util.List;

/**
 * A terminal's alternate screen, redrawn in place, each time in one piece. Any thread; {@link
 * #close} goes back to the screen as it was and prints the last picture below.
 */
public final class FullScreen implements AutoCloseable {
  private static final String ENTER = "\u001b[?1049h\u001b[?25l";
  private static final String LEAVE = "\u001b[?25h\u001b[?1049l";
  private static final String HOME = "\u001b[H";
  private static final String CLEAR_SCREEN = "\u001b[2J";
  private static final String CLEAR_LINE = "\u001b[K";
  private static final String CLEAR_BELOW = "\u001b[J";

  /** Terminals that know these show what is between them at once; others ignore them. */
  private static final String BEGIN_UPDATE = "\u001b[?2026h";

  private static final String END_UPDATE = "\u001b[?2026l";

  private final PrintStream out;
  private List<String> drawn = List.of();
  private Size size = new Size(0, 0);
  private boolean closed;

  /** Enters the alternate screen. */
  public FullScreen(PrintStream out) {
    this.out = out;
    out.print(ENTER);
    out.flush();
  }

  /** Shows lines from the top on, none wider than the screen; lines below the last row are cut. */
  public synchronized void show(List<String> lines, Size now) {
    if (closed) {
      return;
    }
    StringBuilder text = new StringBuilder(BEGIN_UPDATE);
    if (!now.equals(size)) {
      // What the terminal made of the old picture is unknown.
      text.append(CLEAR_SCREEN);
    }
    text.append(HOME);
    List<String> fitting = lines.subList(0, Math.min(lines.size(), now.rows()));
    for (int row = 0; row < fitting.size(); row++) {
      String line = fitting.get(row);
      // Behind a line that fills the screen's width some terminals clear its last character.
      boolean full = Text.columns(line) >= now.columns();
      text.append(row == 0 ? "" : "\r\n").append(line).append(full ? "" : CLEAR_LINE);
    }
    if (fitting.size() < now.rows()) {
      text.append(CLEAR_BELOW);
    }
    out.print(text.append(END_UPDATE));
    out.flush();
    drawn = List.copyOf(fitting);
    size = now;
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    out.print(LEAVE);
    drawn.forEach(out::println);
    out.flush();
  }
}
