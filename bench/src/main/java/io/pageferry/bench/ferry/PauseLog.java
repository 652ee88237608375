package io.pageferry.bench.ferry;

import io.pageferry.bench.result.Curve;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Times for which a daemon's JVM stopped all its threads, from the log that {@link #OPTION} makes
 * it write. Collections of garbage are among them.
 */
final class PauseLog {
  /** The JVM's option; the file's path follows. */
  static final String OPTION = "-Xlog:safepoint:file=";

  private static final Pattern LINE = Pattern.compile("Total: *(\\d+) ns");
  private static final double NANOS_PER_MILLI = 1e6;

  private final Path file;
  private int seen;

  PauseLog(Path file) {
    this.file = file;
  }

  /** Pauses since the last call, in milliseconds. */
  List<Double> take() {
    List<Double> pauses = new ArrayList<>();
    try {
      List<String> lines = Files.readAllLines(file);
      for (String line : lines.subList(Math.min(seen, lines.size()), lines.size())) {
        Matcher matcher = LINE.matcher(line);
        if (matcher.find()) {
          pauses.add(Long.parseLong(matcher.group(1)) / NANOS_PER_MILLI);
        }
      }
      seen = lines.size();
    } catch (IOException e) {
      throw new UncheckedIOException("The pause log " + file + " cannot be read.", e);
    }
    return pauses;
  }

  /** The distribution of pauses. */
  static Curve curve(List<Double> pauses) {
    List<Double> sorted = pauses.stream().sorted().toList();
    List<Curve.Point> points = new ArrayList<>();
    for (int i = 0; i < sorted.size(); i++) {
      points.add(new Curve.Point(sorted.get(i), (i + 1.0) / sorted.size()));
    }
    return new Curve(Curve.Kind.PAUSES, points);
  }
}
