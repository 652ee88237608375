package io.pageferry.bench.peer;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pageferry.bench.process.BoundedProcess;
import io.pageferry.bench.process.NativePrograms;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How fast one TCP connection carries bytes. Immutable; any thread. */
public final class Stream {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int MIB_PER_GIB = 1024;

  private final NativePrograms programs;

  /** Runs what has been compiled. */
  public Stream(NativePrograms programs) {
    this.programs = programs;
  }

  /** Where the receiver puts the bytes. */
  public enum Receiver {
    /** Into one small buffer, over and over. */
    SMALL_BUFFER,
    /** Into memory that it touches for the first time, so that each page costs a page fault too. */
    FRESH_MEMORY
  }

  /**
   * What runs.
   *
   * @param mib how much is sent
   * @param congestion the congestion control of both ends, for instance {@code cubic}; empty for
   *     the system's
   */
  public record Options(int mib, Receiver receiver, Optional<String> congestion) {
    private List<String> arguments() {
      List<String> arguments = new ArrayList<>(List.of("--mib", Integer.toString(mib)));
      if (receiver == Receiver.FRESH_MEMORY) {
        arguments.add("--into-fresh-memory");
      }
      congestion.ifPresent(name -> arguments.addAll(List.of("--congestion", name)));
      return arguments;
    }

    /** Its name in reports. */
    String side() {
      return (receiver == Receiver.FRESH_MEMORY ? "stream-into-fresh-memory" : "stream")
          + congestion.map(name -> "-" + name).orElse("");
    }
  }

  /** Starts its server alone; {@code options} are those of the clients to come. */
  public PeerServer serve(List<String> prefix, Options options, int port) {
    return PeerServer.start(prefix, programs.program("stream"), options.arguments(), port);
  }

  /**
   * Runs it once: {@link Figure#THROUGHPUT_MIB}, {@link Figure#TOTAL_MILLIS}, and {@link
   * Figure#CPU_SECONDS_PER_GIB} of both ends together.
   */
  public Run run(String experiment, Options options, Route route) throws InterruptedException {
    String printed =
        BoundedProcess.run(route.command(programs.program("stream"), options.arguments()), LIMIT);
    return parse(experiment, options, printed);
  }

  static Run parse(String experiment, Options options, String printed) {
    JsonObject result = JsonParser.parseString(printed).getAsJsonObject();
    double gib = Latencies.number(result, "mib") / MIB_PER_GIB;
    double processorSeconds =
        Latencies.number(result, "sender_cpu_seconds")
            + Latencies.number(result, "receiver_cpu_seconds");
    return new Run(
        experiment,
        options.side(),
        Map.of(
            Figure.THROUGHPUT_MIB,
            Latencies.number(result, "mib_per_second"),
            Figure.TOTAL_MILLIS,
            Latencies.number(result, "seconds") * 1e3,
            Figure.CPU_SECONDS_PER_GIB,
            processorSeconds / gib),
        List.of());
  }
}
