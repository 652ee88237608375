package io.pageferry.bench.sitting;

import java.io.PrintStream;
import java.time.Duration;

/** Tells on a stream which run is under way and how long the rest will take. One thread. */
final class Progress {
  private final PrintStream out;
  private final int steps;
  private final long startNanos = System.nanoTime();
  private int done;

  Progress(PrintStream out, int steps) {
    this.out = out;
    this.steps = steps;
  }

  void begin(String step) {
    String rest = done == 0 ? "" : ", about %s left".formatted(text(rest()));
    out.printf("[%d/%d] %s%s%n", done + 1, steps, step, rest);
    out.flush();
  }

  void end() {
    done++;
  }

  void note(String sentence) {
    out.println("        " + sentence);
    out.flush();
  }

  private Duration rest() {
    long each = (System.nanoTime() - startNanos) / done;
    return Duration.ofNanos(each * (steps - done));
  }

  private static String text(Duration duration) {
    return duration.toSeconds() < 90
        ? duration.toSeconds() + " s"
        : Math.round(duration.toSeconds() / 60.0) + " min";
  }
}
