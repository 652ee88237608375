package io.pageferry.bench.qemu;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.pageferry.bench.process.ProcessorTime;
import io.pageferry.bench.process.WarmPool;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;

/** One migration between two QEMUs that run, with readings of both. Used by one thread, once. */
final class QemuMove {
  private static final Duration WARM_UP = Duration.ofSeconds(1);
  private static final Duration SAMPLE_INTERVAL = Duration.ofMillis(25);

  /** Samples taken after completion, which show the guest's recovery. */
  private static final int LATER_SAMPLES = 10;

  private static final Set<String> ENDS =
      Set.of("completed", "failed", "cancelled", "postcopy-paused");

  private final QemuProcess source;
  private final QemuProcess destination;
  private final Duration limit;
  private final boolean sampled;

  /**
   * Between two.
   *
   * @param limit how long to wait for each thing that has to happen
   * @param sampled whether the guest's progress is read meanwhile
   */
  QemuMove(QemuProcess source, QemuProcess destination, Duration limit, boolean sampled) {
    this.source = source;
    this.destination = destination;
    this.limit = limit;
    this.sampled = sampled;
  }

  /**
   * Migrates.
   *
   * @param uri where the destination listens
   * @param pool released right before the command
   */
  QemuReadings perform(String uri, WarmPool pool) throws InterruptedException {
    GuestStatistics early = source.statistics();
    Thread.sleep(WARM_UP);
    pool.release();
    ProcessorTime sourceBefore = source.processorTime();
    ProcessorTime destinationBefore = destination.processorTime();
    GuestStatistics before = source.statistics();

    long commandMicros = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    long commandNanos = System.nanoTime();
    command(uri);
    Qmp.Event resumed = require(destination, "RESUME");
    TouchSamples meanwhile = new TouchSamples();
    Qmp.Event arrived = awaitArrival(meanwhile);
    GuestStatistics after = destination.statistics();
    Qmp.Event left = requireCompleted(source.monitor().awaitEvent(QemuMove::isEnd, limit));
    double processorSeconds =
        source.processorTime().secondsBesideVcpu(sourceBefore)
            + destination.processorTime().secondsBesideVcpu(destinationBefore);

    QemuReadings.Moments moments =
        new QemuReadings.Moments(
            commandNanos,
            commandMicros,
            require(source, "STOP").epochMicros(),
            resumed.epochMicros(),
            Math.max(arrived.epochMicros(), left.epochMicros()));
    GuestStatistics atStop = source.statistics();
    TouchSamples progress = new TouchSamples();
    if (sampled) {
      progress.add(before.nanos(), before.touches());
      progress.add(moments.stopNanos(), atStop.touches());
      progress.addAll(meanwhile);
      progress.add(after.nanos(), after.touches());
      sampleRecovery(progress);
    }
    return new QemuReadings(
        early, before, atStop, after, moments, own(), processorSeconds, progress);
  }

  /** Both commands in one go, so that the switch-over comes as early as it can. */
  private void command(String uri) throws InterruptedException {
    var _ =
        source
            .monitor()
            .callAll(
                new Qmp.Command("migrate", QemuLink.uri(uri)),
                new Qmp.Command("migrate-start-postcopy", new JsonObject()));
  }

  private Qmp.Event require(QemuProcess qemu, String event) throws InterruptedException {
    return qemu.monitor()
        .awaitEvent(happened -> happened.name().equals(event) || isFailure(happened), limit)
        .filter(happened -> happened.name().equals(event))
        .orElseThrow(() -> failure("without " + event));
  }

  /** Waits for the destination's completion, taking samples meanwhile if they are wanted. */
  private Qmp.Event awaitArrival(TouchSamples samples) throws InterruptedException {
    if (!sampled) {
      return requireCompleted(destination.monitor().awaitEvent(QemuMove::isEnd, limit));
    }
    long deadline = System.nanoTime() + limit.toNanos();
    Optional<Qmp.Event> end = Optional.empty();
    while (end.isEmpty() && System.nanoTime() - deadline < 0) {
      sample(samples);
      end = destination.monitor().awaitEvent(QemuMove::isEnd, SAMPLE_INTERVAL);
    }
    return requireCompleted(end);
  }

  private void sampleRecovery(TouchSamples samples) throws InterruptedException {
    for (int i = 0; i < LATER_SAMPLES; i++) {
      sample(samples);
      Thread.sleep(SAMPLE_INTERVAL);
    }
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
      throw failure("but is " + event.data().get("status").getAsString());
    }
    return event;
  }

  private static FerryException failure(String how) {
    return new FerryException(
        ExitCode.MIGRATION_FAILED, "QEMU's migration has not completed " + how + ".");
  }

  private QemuReadings.Own own() throws InterruptedException {
    JsonElement sent = source.monitor().call("query-migrate");
    JsonElement received = destination.monitor().call("query-migrate");
    return new QemuReadings.Own(
        sent.getAsJsonObject().getAsJsonObject("ram").get("postcopy-requests").getAsDouble(),
        received.getAsJsonObject().getAsJsonArray("postcopy-vcpu-blocktime").get(0).getAsDouble());
  }
}
