package io.pageferry.bench.peer;

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
 * The round trip below every fetched page: a small request and 4 KiB back, over one TCP connection,
 * one after the other. Immutable; any thread.
 */
public final class PingPong {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final NativePrograms programs;

  /** Runs what has been compiled. */
  public PingPong(NativePrograms programs) {
    this.programs = programs;
  }

  /** Where the two ends run. */
  public enum Pinning {
    /** Wherever the kernel puts them. */
    NONE,
    /** On two processors. */
    APART,
    /** On one processor. */
    TOGETHER
  }

  /**
   * What runs.
   *
   * @param count of round trips, after a thousand that do not count
   */
  public record Options(Waiting waiting, Pinning pinning, int count) {
    private List<String> arguments() {
      return List.of(
          "--waiting",
          waiting.option(),
          "--pin",
          pinning.name().toLowerCase(Locale.ROOT),
          "--count",
          Integer.toString(count));
    }

    /** Its name in reports. */
    String side() {
      return "ping-pong-"
          + waiting.option()
          + (pinning == Pinning.NONE ? "" : "-" + pinning.name().toLowerCase(Locale.ROOT));
    }
  }

  /** Starts its server alone; {@code options} are those of the clients to come. */
  public PeerServer serve(List<String> prefix, Options options, int port) {
    return PeerServer.start(prefix, programs.program("pingpong"), options.arguments(), port);
  }

  /**
   * Runs it once: {@link Figure#ROUND_TRIP_P50_MICROS}, {@link Figure#ROUND_TRIP_P99_MICROS} and a
   * latency curve.
   */
  public Run run(String experiment, Options options, Route route) throws InterruptedException {
    String printed =
        BoundedProcess.run(route.command(programs.program("pingpong"), options.arguments()), LIMIT);
    Latencies latencies = Latencies.of(JsonParser.parseString(printed).getAsJsonObject());
    return new Run(
        experiment,
        options.side(),
        Map.of(
            Figure.ROUND_TRIP_P50_MICROS,
            latencies.p50(),
            Figure.ROUND_TRIP_P99_MICROS,
            latencies.p99()),
        List.of(latencies.curve()));
  }
}
