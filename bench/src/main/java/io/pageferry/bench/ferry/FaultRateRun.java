package io.pageferry.bench.ferry;

import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import io.pageferry.cli.demo.GuestControl;
import io.pageferry.client.AdminClient;
import io.pageferry.client.Daemons;
import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.AccessPattern;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.SyntheticWorkload;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How many faults a second several vCPUs get served: they touch pages at random, as fast as they
 * can, and nothing but their faults brings pages. One thread, once.
 */
final class FaultRateRun {
  private static final Duration DRAIN_AFTER = Duration.ofMillis(2500);
  private static final Duration FROM = Duration.ofMillis(300);
  private static final Duration WINDOW = Duration.ofMillis(700);
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(50);
  private static final double WRITTEN = 0.999;

  private final String experiment;
  private final int vcpus;
  private final long guestBytes;
  private final AdminClient source;
  private final AdminClient destination;

  FaultRateRun(String experiment, int vcpus, long guestBytes, Daemons daemons) {
    this.experiment = experiment;
    this.vcpus = vcpus;
    this.guestBytes = guestBytes;
    this.source = daemons.source();
    this.destination = daemons.destination();
  }

  Run run(Runnable justBefore) throws InterruptedException {
    var _ =
        source.call(stub ->
            stub.loadGuest(
                LoadGuestRequest.newBuilder()
                    .setName(experiment)
                    .setVcpuCount(vcpus)
                    .setMemoryBytes(guestBytes)
                    .setSynthetic(
                        SyntheticWorkload.newBuilder()
                            .setPattern(AccessPattern.ACCESS_PATTERN_UNIFORM)
                            .setWriteRatio(1)
                            .setSeed(7))
                    .build()));
    GuestControl.resume(source);
    while (source.status().getGuest().getResidentBytes() < WRITTEN * guestBytes) {
      Thread.sleep(LOOK_INTERVAL);
    }
    justBefore.run();
    var _ =
        source.call(stub ->
            stub.migrate(
                MigrateRequest.newBuilder()
                    .setDestination(destination.address())
                    .setDrainAfterMillis(DRAIN_AFTER.toMillis())
                    .build()));
    Thread.sleep(FROM);
    long start = System.nanoTime();
    long faults = destination.status().getMigration().getFaults();
    Thread.sleep(WINDOW);
    faults = destination.status().getMigration().getFaults() - faults;
    double seconds = (System.nanoTime() - start) / 1e9;
    StatusPair end = FerryRun.awaitEnd(experiment, source, destination);
    FerryRun.requireEqualDigests(end);
    FerryRun.requireWell(GuestControl.watchAccesses(destination));
    FerryRun.unload(destination);
    FerryRun.unload(source);
    Distribution latency = end.destinationMigration().orElseThrow().getFaultLatency().getTotal();
    return new Run(
        experiment,
        "pageferry",
        Map.of(
            Figure.FAULTS_PER_SECOND,
            faults / seconds,
            Figure.FAULT_P50_MICROS,
            latency.getP50() / 1e3,
            Figure.FAULT_P99_MICROS,
            latency.getP99() / 1e3),
        List.of());
  }
}
