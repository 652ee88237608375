package io.pageferry.cli.migrate;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pageferry.cli.output.StandardOutput;
import io.pageferry.cli.output.Terminal;
import io.pageferry.cli.view.LiveArea;
import io.pageferry.cli.view.Text;
import io.pageferry.cli.view.Units;
import io.pageferry.config.cli.ExitCode;
import java.io.PrintWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Moves several guests, some at a time: a line for each and one for all. What fails stays where it
 * is, and the others go on. One thread, once.
 */
final class EmptyHost {
  private static final int LONGEST_NAME = 20;
  private static final long LOOK_MILLIS = 200;

  private final List<Move> moves;
  private final int parallel;
  private final Terminal terminal;
  private final long startNanos = System.nanoTime();

  /** Moves that have not begun, of which so many run at a time. */
  EmptyHost(List<Move> moves, int parallel, Terminal terminal) {
    this.moves = moves;
    this.parallel = parallel;
    this.terminal = terminal;
  }

  /** Moves all; returns the exit code of the worst. */
  ExitCode run() throws InterruptedException {
    Queue<Move> waiting = new ConcurrentLinkedQueue<>(moves);
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < Math.min(parallel, moves.size()); i++) {
      workers.add(Thread.ofVirtual().name("move-" + i).start(() -> work(waiting)));
    }
    try (LiveArea area = new LiveArea(terminal.stream(), terminal.interactive())) {
      Queue<Move> told = new ArrayDeque<>(moves);
      while (true) {
        StandardOutput.requireOpen();
        boolean over = moves.stream().allMatch(move -> move.outcome().isPresent());
        show(area, told);
        if (over) {
          break;
        }
        Thread.sleep(LOOK_MILLIS);
      }
    } finally {
      workers.forEach(Thread::interrupt);
    }
    return moves.stream()
        .flatMap(move -> move.outcome().stream())
        .max(Comparator.comparingInt(ExitCode::number))
        .orElse(ExitCode.OK);
  }

  private static void work(Queue<Move> waiting) {
    try {
      for (Move move = waiting.poll(); move != null; move = waiting.poll()) {
        move.run();
      }
    } catch (InterruptedException _) {
      // Nobody waits for it any more.
    }
  }

  /** On a terminal all guests; elsewhere each guest once it has moved or has not. */
  private void show(LiveArea area, Queue<Move> told) {
    int columns = terminal.liveColumns();
    int nameWidth =
        Math.min(
            LONGEST_NAME,
            moves.stream().mapToInt(move -> Text.columns(move.name())).max().orElse(0));
    if (area.redraws()) {
      List<String> lines = new ArrayList<>();
      for (Move move : shown(terminal.size().rows() - 2)) {
        lines.add(move.line(nameWidth, columns, terminal.palette()));
      }
      lines.add(Text.fit(total(), columns));
      area.show(lines);
      return;
    }
    List<Move> ended = told.stream().filter(move -> move.outcome().isPresent()).toList();
    for (Move move : ended) {
      told.remove(move);
      area.show(List.of(move.result()));
      area.show(List.of(total()));
    }
  }

  /** All, or, where the screen is too small, those that move. */
  private List<Move> shown(int rows) {
    return moves.size() <= rows
        ? moves
        : moves.stream().filter(Move::isUnderWay).limit(Math.max(1, rows)).toList();
  }

  /** All guests on one line. */
  private String total() {
    long done = moves.stream().filter(EmptyHost::isMoved).count();
    long stay = moves.stream().filter(EmptyHost::stays).count();
    List<Move> counted =
        moves.stream().filter(move -> move.outcome().isEmpty() || isMoved(move)).toList();
    long bytes = counted.stream().mapToLong(Move::bytes).sum();
    long arrived = counted.stream().mapToLong(Move::arrivedBytes).sum();
    String line =
        "%d of %d guests moved%s, %s of %s"
            .formatted(
                done,
                moves.size(),
                stay == 0 ? "" : ", " + stay + (stay == 1 ? " stays" : " stay"),
                Units.bytes(arrived),
                Units.bytes(bytes));
    long left = moves.stream().filter(move -> move.outcome().isEmpty()).count();
    if (left == 0 || arrived == 0) {
      return line;
    }
    double nanosForEachByte = (double) (System.nanoTime() - startNanos) / arrived;
    return line + ", ETA " + Units.duration((bytes - arrived) * nanosForEachByte);
  }

  private static boolean isMoved(Move move) {
    return move.outcome().filter(code -> code == ExitCode.OK).isPresent() && !move.isGone();
  }

  private static boolean stays(Move move) {
    return move.outcome().filter(code -> code != ExitCode.OK).isPresent();
  }

  /** How every guest fared, for people: what did not move, by name. */
  void print(PrintWriter out) {
    long stay = moves.stream().filter(EmptyHost::stays).count();
    long moved = moves.stream().filter(EmptyHost::isMoved).count();
    out.println(
        stay == 0
            ? "All guests have moved: %d.".formatted(moved)
            : "%d of %d guests %s:"
                .formatted(
                    stay, moves.size(), stay == 1 ? "stays where it was" : "stay where they were"));
    moves.stream()
        .filter(move -> !isMoved(move))
        .forEach(move -> out.println("  " + move.result()));
  }

  /** The same for machines. */
  JsonObject json(ExitCode worst) {
    JsonArray guests = new JsonArray();
    moves.forEach(move -> guests.add(move.json()));
    JsonObject object = new JsonObject();
    object.add("guests", guests);
    object.addProperty("outcome", worst.name());
    object.addProperty("exitCode", worst.number());
    return object;
  }
}
