package io.pageferry.bench.ferry;

import com.google.protobuf.ByteString;
import io.pageferry.bench.result.Curve;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import io.pageferry.cli.demo.GuestControl;
import io.pageferry.cli.demo.RunReport.GuestCheck;
import io.pageferry.client.AdminClient;
import io.pageferry.client.Daemons;
import io.pageferry.client.FerryException;
import io.pageferry.client.StatusPair;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.ReadMemoryRequest;
import io.pageferry.proto.v1.UnloadGuestRequest;
import io.pageferry.proto.v1.VcpuStatus;
import io.pageferry.proto.v1.WriteConsoleRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/** One migration between two daemons without a guest, measured and verified. One thread, once. */
final class FerryRun {
  private static final long STATISTICS_POINTER = 0x80000138L;
  private static final Duration READY_LIMIT = Duration.ofMinutes(2);
  private static final Duration END_LIMIT = Duration.ofMinutes(3);
  private static final Duration SETTLE = Duration.ofSeconds(1);
  private static final Duration SAMPLE = Duration.ofMillis(20);
  private static final int LOOKS_PER_STATUS = 3;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double NANOS_PER_MICRO = 1e3;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double GIB = 1L << 30;
  private static final double MIB = 1L << 20;

  private final FerryScenario scenario;
  private final AdminClient source;
  private final AdminClient destination;
  private final Supplier<List<ProcessUsage>> usage;
  private final List<Curve.Point> progress = new ArrayList<>();

  /** Most that vCPUs of each side were seen to have used: they end when their guest has moved. */
  private final double[] vcpuSeconds = new double[2];

  private long statisticsAddress;

  FerryRun(FerryScenario scenario, Daemons daemons, Supplier<List<ProcessUsage>> usage) {
    this.scenario = scenario;
    this.source = daemons.source();
    this.destination = daemons.destination();
    this.usage = usage;
  }

  Run run(Runnable justBefore) throws InterruptedException {
    var _ = source.call(stub -> stub.loadGuest(scenario.loadRequest()));
    GuestControl.resume(source);
    awaitReady();
    double rateBefore = settle();
    justBefore.run();
    List<ProcessUsage> usageBefore = usage.get();
    seeVcpus(usageBefore);
    TouchStatistics before = statistics(source).orElseThrow();
    StatusPair end = migrate(rateBefore, before);
    List<ProcessUsage> usageAfter = usage.get();
    seeVcpus(usageAfter);
    TouchStatistics after = statistics(destination).orElseThrow();
    requireEqualDigests(end);
    Map<Figure, Double> figures = figures(end, usageBefore, usageAfter);
    figures.put(Figure.TOUCHES_PER_SECOND, rateBefore);
    List<Curve> curves = new ArrayList<>();
    if (scenario.work() != FerryScenario.Work.IDLE) {
      TouchStatistics during = after.since(before);
      figures.put(Figure.TOUCHES, (double) during.touches());
      figures.put(Figure.STALL_P50_MICROS, during.stallMicros(0.5));
      figures.put(Figure.STALL_P99_MICROS, during.stallMicros(0.99));
      curves.add(during.stallCurve());
      curves.add(new Curve(Curve.Kind.PROGRESS, progress));
    }
    requireWell(GuestControl.askForVerdict(destination));
    unload(destination);
    unload(source);
    return new Run(scenario.experiment(), "pageferry", figures, curves);
  }

  private void awaitReady() throws InterruptedException {
    byte[] pointer = read(source, STATISTICS_POINTER, Long.BYTES).orElseThrow();
    statisticsAddress = ByteBuffer.wrap(pointer).order(ByteOrder.LITTLE_ENDIAN).getLong();
    long deadline = System.nanoTime() + READY_LIMIT.toNanos();
    while (!statistics(source).orElseThrow().ready()) {
      if (System.nanoTime() - deadline > 0) {
        throw new FerryException(
            ExitCode.INTERNAL,
            "The guest has not written its memory after " + READY_LIMIT.toSeconds() + " s.");
      }
      Thread.sleep(SAMPLE);
    }
  }

  /** Lets the guest work, or come to rest; gives its touches a second. */
  private double settle() throws InterruptedException {
    if (scenario.work() == FerryScenario.Work.IDLE) {
      write("r");
      Thread.sleep(SETTLE);
      return 0;
    }
    Thread.sleep(SETTLE);
    long start = System.nanoTime();
    long from = statistics(source).orElseThrow().touches();
    Thread.sleep(SETTLE);
    long touches = statistics(source).orElseThrow().touches() - from;
    return touches * NANOS_PER_SECOND / (System.nanoTime() - start);
  }

  private void write(String text) {
    var _ =
        source.call(stub ->
            stub.writeConsole(
                WriteConsoleRequest.newBuilder().setData(ByteString.copyFromUtf8(text)).build()));
  }

  private StatusPair migrate(double rateBefore, TouchStatistics before)
      throws InterruptedException {
    MigrateRequest request =
        MigrateRequest.newBuilder()
            .setDestination(destination.address())
            .setDrainAfterMillis(scenario.drainAfterMillis())
            .build();
    long start = System.nanoTime();
    var _ = source.call(stub -> stub.migrate(request));
    long lastNanos = start;
    long lastTouches = before.touches();
    int looks = 0;
    while (true) {
      Thread.sleep(SAMPLE);
      Optional<TouchStatistics> now = statistics(destination);
      long at = System.nanoTime();
      if (now.isPresent() && rateBefore > 0) {
        double rate = (now.get().touches() - lastTouches) * NANOS_PER_SECOND / (at - lastNanos);
        progress.add(new Curve.Point((at - start) / NANOS_PER_MILLI, rate / rateBefore));
        lastNanos = at;
        lastTouches = now.get().touches();
      }
      if (++looks % LOOKS_PER_STATUS == 0) {
        seeVcpus(usage.get());
        StatusPair statuses = StatusPair.of(source.status(), destination.status());
        if (isOver(scenario.experiment(), statuses, at - start)) {
          return statuses;
        }
      }
    }
  }

  private void seeVcpus(List<ProcessUsage> seen) {
    for (int side = 0; side < 2; side++) {
      vcpuSeconds[side] = Math.max(vcpuSeconds[side], seen.get(side).vcpuSeconds());
    }
  }

  /** Waits for a migration that has been started. */
  static StatusPair awaitEnd(String experiment, AdminClient source, AdminClient destination)
      throws InterruptedException {
    long start = System.nanoTime();
    while (true) {
      StatusPair statuses = StatusPair.of(source.status(), destination.status());
      if (isOver(experiment, statuses, System.nanoTime() - start)) {
        return statuses;
      }
      Thread.sleep(SAMPLE);
    }
  }

  private static boolean isOver(String experiment, StatusPair statuses, long nanos) {
    return switch (statuses.phase()) {
      case PHASE_COMPLETED ->
          Objects.requireNonNull(statuses.destination()).getPhase() == Phase.PHASE_COMPLETED;
      case PHASE_FAILED, PHASE_CANCELLED, PHASE_POSTCOPY_PAUSED ->
          throw new FerryException(
              ExitCode.MIGRATION_FAILED,
              "A run of %s ended as %s: %s"
                  .formatted(
                      experiment,
                      statuses.phase(),
                      statuses.sourceMigration().orElseThrow().getReason()));
      default -> {
        if (nanos > END_LIMIT.toNanos()) {
          throw new FerryException(
              ExitCode.MIGRATION_FAILED,
              "A run of " + experiment + " has not ended after " + END_LIMIT.toSeconds() + " s.");
        }
        yield false;
      }
    };
  }

  private Map<Figure, Double> figures(
      StatusPair end, List<ProcessUsage> before, List<ProcessUsage> after) {
    MigrationStatus left = end.sourceMigration().orElseThrow();
    MigrationStatus arrived = end.destinationMigration().orElseThrow();
    Distribution latency = arrived.getFaultLatency().getTotal();
    Map<Figure, Double> figures = new EnumMap<>(Figure.class);
    double totalMillis = left.getElapsedNanos() / NANOS_PER_MILLI;
    figures.put(Figure.TOTAL_MILLIS, totalMillis);
    figures.put(Figure.SETUP_MILLIS, at(left, Phase.PHASE_SWITCHOVER));
    figures.put(Figure.DOWNTIME_MILLIS, end.downtimeNanos() / NANOS_PER_MILLI);
    figures.put(Figure.RESUMED_MILLIS, left.getDowntimeNanos() / NANOS_PER_MILLI);
    figures.put(Figure.FAULTS, (double) arrived.getFaults());
    long prefetched = arrived.getPages().getPrefetched();
    figures.put(Figure.PREFETCHED, (double) prefetched);
    if (prefetched > 0) {
      figures.put(
          Figure.PREFETCH_HIT_SHARE, 100.0 * arrived.getPages().getPrefetchHits() / prefetched);
    }
    figures.put(Figure.FAULT_P50_MICROS, latency.getP50() / NANOS_PER_MICRO);
    figures.put(Figure.FAULT_P99_MICROS, latency.getP99() / NANOS_PER_MICRO);
    figures.put(
        Figure.BLOCKTIME_MILLIS,
        destination.status().getGuest().getVcpusList().stream()
                .mapToLong(VcpuStatus::getBlocktimeNanos)
                .max()
                .orElse(0)
            / NANOS_PER_MILLI);
    double bytes = left.getPages().getSent() * 4096.0;
    double movingMillis = totalMillis - at(left, Phase.PHASE_POSTCOPY_ACTIVE);
    figures.put(Figure.THROUGHPUT_MIB, bytes / MIB / (movingMillis / 1e3));
    double seconds = 0;
    for (int side = 0; side < 2; side++) {
      seconds += after.get(side).seconds() - before.get(side).seconds();
      seconds -= vcpuSeconds[side] - before.get(side).vcpuSeconds();
    }
    figures.put(Figure.CPU_SECONDS_PER_GIB, seconds / (bytes / GIB));
    figures.put(
        Figure.SOURCE_RESIDENT_MIB,
        (after.get(0).residentBytes() - source.status().getGuest().getResidentBytes()) / MIB);
    figures.put(
        Figure.DESTINATION_RESIDENT_MIB,
        (after.get(1).residentBytes() - destination.status().getGuest().getResidentBytes()) / MIB);
    return figures;
  }

  private static double at(MigrationStatus migration, Phase phase) {
    return migration.getTimelineList().stream()
        .filter(entry -> entry.getPhase() == phase)
        .mapToDouble(entry -> entry.getAtNanos() / NANOS_PER_MILLI)
        .findFirst()
        .orElseThrow();
  }

  static Run withPauses(Run run, List<Double> pauses) {
    Map<Figure, Double> figures = new EnumMap<>(run.figures());
    figures.put(
        Figure.LONGEST_PAUSE_MILLIS,
        pauses.stream().mapToDouble(Double::doubleValue).max().orElse(0));
    List<Curve> curves = new ArrayList<>(run.curves());
    curves.add(PauseLog.curve(pauses));
    return new Run(run.experiment(), run.side(), figures, curves);
  }

  static void requireEqualDigests(StatusPair end) {
    String here = end.sourceMigration().orElseThrow().getImageDigest();
    String there = end.destinationMigration().orElseThrow().getImageDigest();
    if (here.isEmpty() || !here.equals(there)) {
      throw new FerryException(
          ExitCode.VERIFICATION_FAILED,
          "The image digests differ: source " + here + ", destination " + there + ".");
    }
  }

  /** The guest has compared every page with what it must hold. */
  static void requireWell(GuestCheck check) {
    if (!check.passed()) {
      throw new FerryException(ExitCode.VERIFICATION_FAILED, "The guest says: " + check.line());
    }
  }

  static void unload(AdminClient daemon) {
    var _ = daemon.call(stub -> stub.unloadGuest(UnloadGuestRequest.getDefaultInstance()));
  }

  private Optional<TouchStatistics> statistics(AdminClient daemon) {
    return read(daemon, statisticsAddress, TouchStatistics.BYTES).map(TouchStatistics::parse);
  }

  /** Bytes of the guest; empty while it or its page is not at the daemon. */
  private static Optional<byte[]> read(AdminClient daemon, long address, int length) {
    try {
      return Optional.of(
          daemon
              .call(stub ->
                  stub.readMemory(
                      ReadMemoryRequest.newBuilder()
                          .setGuestPhysicalAddress(address)
                          .setLengthBytes(length)
                          .build()))
              .getData()
              .toByteArray());
    } catch (FerryException e) {
      if (e.exitCode() == ExitCode.REFUSED) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
