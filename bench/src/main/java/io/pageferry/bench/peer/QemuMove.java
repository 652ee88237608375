package io.pageferry.bench.peer;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pageferry.bench.report.Curve;
import io.pageferry.bench.report.Figure;
import io.pageferry.cli.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One migration between two QEMUs that run: performs it, and turns what was read before, meanwhile
 * and after into figures. Used by one thread, once.
 */
final class QemuMove {
  private static final Duration WARM_UP = Duration.ofSeconds(1);
  private static final Duration SAMPLE_INTERVAL = Duration.ofMillis(25);

  /** Samples taken after completion, which show the guest's recovery. */
  private static final int LATER_SAMPLES = 10;

  private static final double STALL_MICROS = 5;
  private static final double MIB_PER_GIB = 1024;
  private static final Set<String> ENDS =
      Set.of("completed", "failed", "cancelled", "postcopy-paused");

  private final QemuProcess source;
  private final QemuProcess destination;
  private final QemuMigration.Scenario scenario;
  private final QemuMigration.Setup setup;
  private final Map<Figure, Double> figures = new EnumMap<>(Figure.class);
  private final List<Curve> curves = new ArrayList<>();

  QemuMove(
      QemuProcess source,
      QemuProcess destination,
      QemuMigration.Scenario scenario,
      QemuMigration.Setup setup) {
    this.source = source;
    this.destination = destination;
    this.scenario = scenario;
    this.setup = setup;
  }

  /** What it measured. */
  Map<Figure, Double> figures() {
    return figures;
  }

  /** What can be plotted of it. */
  List<Curve> curves() {
    return curves;
  }

  /**
   * Migrates.
   *
   * @param pool released right before the command
   */
  void perform(WarmPool pool) throws InterruptedException {
    String uri = QemuLink.prepare(source, destination, scenario.preempt(), setup.destinationHost());
    GuestStatistics early = source.statistics();
    Thread.sleep(WARM_UP);
    pool.release();
    ProcessorTime sourceBefore = source.processorTime();
    ProcessorTime destinationBefore = destination.processorTime();
    GuestStatistics before = source.statistics();
    TouchSamples samples = new TouchSamples();

    long commandMicros = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    long commandNanos = System.nanoTime();
    var _ =
        source
            .monitor()
            .callAll(
                new Qmp.Command("migrate", QemuLink.uri(uri)),
                new Qmp.Command("migrate-start-postcopy", new JsonObject()));
    Qmp.Event resumed = require(destination, "RESUME");
    Qmp.Event arrived = awaitArrival(samples);
    GuestStatistics after = destination.statistics();
    Qmp.Event left = requireCompleted(source.monitor().awaitEvent(QemuMove::isEnd, setup.limit()));
    double processorSeconds =
        source.processorTime().secondsBesideVcpu(sourceBefore)
            + destination.processorTime().secondsBesideVcpu(destinationBefore);
    Qmp.Event stopped = require(source, "STOP");

    double totalMillis =
        (Math.max(arrived.epochMicros(), left.epochMicros()) - commandMicros) / 1e3;
    figures.put(Figure.TOTAL_MILLIS, totalMillis);
    figures.put(Figure.DOWNTIME_MILLIS, (resumed.epochMicros() - stopped.epochMicros()) / 1e3);
    figures.put(Figure.THROUGHPUT_MIB, setup.regionMib() / (totalMillis / 1e3));
    figures.put(Figure.CPU_SECONDS_PER_GIB, processorSeconds / (setup.regionMib() / MIB_PER_GIB));
    addQemusOwn();
    if (scenario.workload() != QemuWorkload.IDLE) {
      GuestStatistics atStop = source.statistics();
      addStalls(after.durations().since(atStop.durations()), before.ticksPerMicro(early));
      double rate = before.touchesPerSecond(early);
      figures.put(Figure.TOUCHES, (double) (after.touches() - atStop.touches()));
      figures.put(Figure.TOUCHES_PER_SECOND, rate);
      if (scenario.sampled()) {
        long stopNanos = commandNanos + (stopped.epochMicros() - commandMicros) * 1000;
        addProgress(samples, before, atStop, stopNanos, after, commandNanos, rate);
      }
    }
  }

  private Qmp.Event require(QemuProcess qemu, String event) throws InterruptedException {
    return qemu.monitor()
        .awaitEvent(happened -> happened.name().equals(event) || isFailure(happened), setup.limit())
        .filter(happened -> happened.name().equals(event))
        .orElseThrow(() -> failure("without " + event));
  }

  /** Waits for the destination's completion, taking samples if the scenario wants them. */
  private Qmp.Event awaitArrival(TouchSamples samples) throws InterruptedException {
    if (!scenario.sampled() || scenario.workload() == QemuWorkload.IDLE) {
      return requireCompleted(destination.monitor().awaitEvent(QemuMove::isEnd, setup.limit()));
    }
    long deadline = System.nanoTime() + setup.limit().toNanos();
    Optional<Qmp.Event> end = Optional.empty();
    while (end.isEmpty() && System.nanoTime() - deadline < 0) {
      sample(samples);
      end = destination.monitor().awaitEvent(QemuMove::isEnd, SAMPLE_INTERVAL);
    }
    return requireCompleted(end);
  }

  private void sample(TouchSamples samples) throws InterruptedException {
    long touches = destination.touches();
    samples.add(System.nanoTime(), touches);
  }

  private static boolean isEnd(Qmp.Event event) {
    return event.name().equals("MIGRATION")
        && ENDS.contains(event.data().get("status").getAsString());
  }

  private static boolean isFailure(Qmp.Event event) {
    return isEnd(event) && !event.data().get("status").getAsString().equals("completed");
  }

  private static Qmp.Event requireCompleted(Optional<Qmp.Event> end) {
    Qmp.Event event = end.orElseThrow(() -> failure("within the limit"));
    if (isFailure(event)) {
      throw failure("but " + event.data().get("status").getAsString());
    }
    return event;
  }

  private static FerryException failure(String how) {
    return new FerryException(
        ExitCode.MIGRATION_FAILED, "QEMU's migration has not completed " + how + ".");
  }

  private void addQemusOwn() throws InterruptedException {
    JsonObject sent = source.monitor().call("query-migrate").getAsJsonObject();
    JsonObject ram = sent.getAsJsonObject("ram");
    figures.put(Figure.FAULTS, ram.get("postcopy-requests").getAsDouble());
    JsonArray blocktimes =
        destination
            .monitor()
            .call("query-migrate")
            .getAsJsonObject()
            .getAsJsonArray("postcopy-vcpu-blocktime");
    figures.put(Figure.BLOCKTIME_MILLIS, blocktimes.get(0).getAsDouble());
  }

  private void addStalls(Histogram touches, double ticksPerMicro) {
    Histogram stalls = touches.atLeast(STALL_MICROS * ticksPerMicro);
    if (stalls.count() > 0) {
      figures.put(Figure.STALL_P50_MICROS, stalls.percentile(0.5) / ticksPerMicro);
      figures.put(Figure.STALL_P99_MICROS, stalls.percentile(0.99) / ticksPerMicro);
      curves.add(stalls.curve(ticksPerMicro));
    }
  }

  /** The whole line: at the source until it stopped, at the destination, and a little beyond. */
  private void addProgress(
      TouchSamples meanwhile,
      GuestStatistics before,
      GuestStatistics atStop,
      long stopNanos,
      GuestStatistics after,
      long commandNanos,
      double rate)
      throws InterruptedException {
    TouchSamples all = new TouchSamples();
    all.add(before.nanos(), before.touches());
    all.add(stopNanos, atStop.touches());
    all.addAll(meanwhile);
    all.add(after.nanos(), after.touches());
    for (int i = 0; i < LATER_SAMPLES; i++) {
      sample(all);
      Thread.sleep(SAMPLE_INTERVAL);
    }
    curves.add(all.curve(commandNanos, rate));
  }
}
