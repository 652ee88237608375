package io.pageferry.cli.migrate;

import io.pageferry.cli.output.Terminal;
import io.pageferry.cli.view.LiveArea;
import io.pageferry.cli.view.ProgressLine;
import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.Phase;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * A migration's progress as one line: redrawn at each look on a terminal; elsewhere a new line when
 * the phase changes, and else at most once a second when something else did. One thread.
 */
public final class ProgressLines {
  private static final Duration LINE_INTERVAL = Duration.ofSeconds(1);

  private final LiveArea area;
  private final Terminal terminal;
  private Phase lastPhase = Phase.UNRECOGNIZED;
  private String lastLine = "";
  private long lastNanos;

  public ProgressLines(LiveArea area, Terminal terminal) {
    this.area = area;
    this.terminal = terminal;
  }

  /**
   * Shows what is known now.
   *
   * @param nowNanos the time, by a monotonic clock
   */
  public void show(StatusPair statuses, long nowNanos) {
    String line = ProgressLine.render(statuses, terminal.liveColumns(), terminal.palette());
    boolean due = nowNanos - lastNanos >= LINE_INTERVAL.toNanos() && !line.equals(lastLine);
    if (!area.redraws() && !due && statuses.phase() == lastPhase) {
      return;
    }
    area.show(
        statuses.source() == null && statuses.destination() == null
            ? silence(statuses, line)
            : List.of(line));
    lastPhase = statuses.phase();
    lastLine = line;
    lastNanos = nowNanos;
  }

  /** Nobody answers. */
  private static List<String> silence(StatusPair statuses, String line) {
    List<String> failures =
        Stream.of(statuses.sourceFailure(), statuses.destinationFailure())
            .filter(failure -> !failure.isEmpty())
            .toList();
    return failures.isEmpty() ? List.of(line) : failures;
  }
}
