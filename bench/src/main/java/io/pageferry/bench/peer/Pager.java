package io.pageferry.bench.peer;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pageferry.bench.process.BoundedProcess;
import io.pageferry.bench.process.NativePrograms;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The remote pager: threads touch pages that are missing, userfaultfd reports them, and a server
 * brings each over TCP. Nothing else moves meanwhile. It checks every byte afterwards and ends with
 * an error if one is wrong. Immutable; any thread.
 */
public final class Pager {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final NativePrograms programs;

  /** Runs what has been compiled. */
  public Pager(NativePrograms programs) {
    this.programs = programs;
  }

  /** Who does what at the destination. */
  public enum Shape {
    /** One thread asks, receives and installs: one page at a time. */
    HANDLER,
    /** One thread asks, another receives and installs. */
    PIPELINED,
    /** The thread that faults does it all itself, on a connection of its own. */
    IN_THREAD;

    private String option() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * What runs.
   *
   * @param threads that touch pages, 1 to 64
   * @param pages of 4 KiB, in all
   */
  public record Options(Shape shape, Waiting waiting, int threads, int pages) {
    private List<String> arguments() {
      return List.of(
          "--shape",
          shape.option(),
          "--waiting",
          waiting.option(),
          "--threads",
          Integer.toString(threads),
          "--pages",
          Integer.toString(pages));
    }

    /** Its name in reports. */
    String side() {
      return "pager-%s-%s".formatted(shape.option(), waiting.option());
    }
  }

  /** Starts its server alone; {@code options} are those of the clients to come. */
  public PeerServer serve(List<String> prefix, Options options, int port) {
    return PeerServer.start(prefix, programs.program("pager"), options.arguments(), port);
  }

  /**
   * Runs it once: {@link Figure#FAULT_P50_MICROS}, {@link Figure#FAULT_P99_MICROS}, {@link
   * Figure#FAULTS_PER_SECOND}, {@link Figure#FAULTS}, and a latency curve.
   */
  public Run run(String experiment, Options options, Route route) throws InterruptedException {
    String printed =
        BoundedProcess.run(route.command(programs.program("pager"), options.arguments()), LIMIT);
    return parse(experiment, options, printed);
  }

  static Run parse(String experiment, Options options, String printed) {
    JsonObject result = JsonParser.parseString(printed).getAsJsonObject();
    Latencies latencies = Latencies.of(result);
    return new Run(
        experiment,
        options.side(),
        Map.of(
            Figure.FAULT_P50_MICROS,
            latencies.p50(),
            Figure.FAULT_P99_MICROS,
            latencies.p99(),
            Figure.FAULTS_PER_SECOND,
            Latencies.number(result, "pages_per_second"),
            Figure.FAULTS,
            Latencies.number(result, "count")),
        List.of(latencies.curve()));
  }
}
