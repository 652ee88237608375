package io.pageferry.bench.mechanism;

import io.pageferry.bench.ferry.ProcessUsage;
import io.pageferry.cli.demo.GuestControl;
import io.pageferry.client.AdminClient;
import io.pageferry.client.FerryException;
import io.pageferry.client.StatusPair;
import io.pageferry.client.local.LocalDaemons;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.guest.MachineSpec.Pattern;
import io.pageferry.proto.v1.AccessPattern;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.SyntheticWorkload;
import io.pageferry.proto.v1.UnloadGuestRequest;
import java.time.Duration;

/** One migration between two daemons whose pages first come on demand alone. One thread, once. */
final class NetworkedRun {
  private static final Duration DRAIN_AFTER = Duration.ofMillis(1400);
  private static final Duration FROM = Duration.ofMillis(200);
  private static final Duration WINDOW = Duration.ofMillis(900);
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(20);
  private static final Duration FILL_LIMIT = Duration.ofSeconds(3);
  private static final Duration END_LIMIT = Duration.ofMinutes(1);
  private static final double WRITTEN = 0.999;

  private final Cell cell;
  private final long bytes;
  private final LocalDaemons processes;
  private final AdminClient source;
  private final AdminClient destination;

  NetworkedRun(Cell cell, long bytes, LocalDaemons processes) {
    this.cell = cell;
    this.bytes = bytes;
    this.processes = processes;
    source = processes.daemons().source();
    destination = processes.daemons().destination();
  }

  /**
   * Makes it.
   *
   * @throws FerryException if it does not complete, or memory differs
   */
  CellResult run() throws InterruptedException {
    load();
    MigrateRequest request =
        MigrateRequest.newBuilder()
            .setDestination(destination.address())
            .setDrainAfterMillis(DRAIN_AFTER.toMillis())
            .setFaultMechanism(cell.mechanism().toString())
            .setAnswerDelayNanos(cell.way().delayNanos())
            .build();
    var _ = source.call(stub -> stub.migrate(request));
    Thread.sleep(FROM);
    double processor = processorSeconds();
    long start = System.nanoTime();
    long faults = destination.status().getMigration().getFaults();
    Thread.sleep(WINDOW);
    MigrationStatus measured = destination.status().getMigration();
    double seconds = (System.nanoTime() - start) / 1e9;
    processor = processorSeconds() - processor;
    Distribution delay = source.status().getMigration().getAnswerDelay();
    awaitEnd();
    unload(destination);
    unload(source);
    return new CellResult(
        cell, measured.getFaults() - faults, seconds, measured.getFaultLatency(), processor, delay);
  }

  private void load() throws InterruptedException {
    SyntheticWorkload workload =
        SyntheticWorkload.newBuilder().setPattern(order()).setWriteRatio(1).setSeed(7).build();
    var _ =
        source.call(stub ->
            stub.loadGuest(
                LoadGuestRequest.newBuilder()
                    .setName("cell")
                    .setVcpuCount(cell.vcpus())
                    .setMemoryBytes(bytes)
                    .setSynthetic(workload)
                    .build()));
    GuestControl.resume(source);
    long start = System.nanoTime();
    // A skewed order does not reach every page; those that it does not reach are zero.
    while (source.status().getGuest().getResidentBytes() < WRITTEN * bytes
        && System.nanoTime() - start < FILL_LIMIT.toNanos()) {
      Thread.sleep(LOOK_INTERVAL);
    }
  }

  private AccessPattern order() {
    return switch (cell.pattern()) {
      case Pattern.SEQUENTIAL -> AccessPattern.ACCESS_PATTERN_SEQUENTIAL;
      case Pattern.UNIFORM -> AccessPattern.ACCESS_PATTERN_UNIFORM;
      case Pattern.ZIPFIAN -> AccessPattern.ACCESS_PATTERN_ZIPFIAN;
      case Pattern.WORKING_SET -> AccessPattern.ACCESS_PATTERN_WORKING_SET;
    };
  }

  private double processorSeconds() {
    return ProcessUsage.of(processes.source().pid()).seconds()
        + ProcessUsage.of(processes.destination().pid()).seconds();
  }

  private void awaitEnd() throws InterruptedException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < END_LIMIT.toNanos()) {
      StatusPair statuses = StatusPair.of(source.status(), destination.status());
      MigrationStatus left = statuses.sourceMigration().orElseThrow();
      MigrationStatus arrived = statuses.destinationMigration().orElseThrow();
      if (left.getPhase() == Phase.PHASE_COMPLETED && arrived.getPhase() == Phase.PHASE_COMPLETED) {
        verify(left.getImageDigest(), arrived.getImageDigest());
        return;
      }
      if (left.getPhase() == Phase.PHASE_FAILED
          || arrived.getPhase() == Phase.PHASE_FAILED
          || arrived.getPhase() == Phase.PHASE_POSTCOPY_PAUSED) {
        throw new FerryException(
            ExitCode.MIGRATION_FAILED,
            cell.label() + ": " + left.getReason() + " " + arrived.getReason());
      }
      Thread.sleep(LOOK_INTERVAL);
    }
    throw new FerryException(ExitCode.MIGRATION_FAILED, cell.label() + " did not end.");
  }

  /** Digests at both ends, and what the vCPUs have read. */
  private void verify(String here, String there) {
    int exitCode = destination.status().getGuest().getExitCode();
    if (here.isEmpty() || !here.equals(there) || exitCode != 0) {
      throw new FerryException(
          ExitCode.VERIFICATION_FAILED,
          "Memory went wrong under %s: digests %s and %s, exit code %d."
              .formatted(cell.label(), here, there, exitCode));
    }
  }

  static void unload(AdminClient daemon) {
    var _ =
        daemon.call(
            stub -> stub.unloadGuest(UnloadGuestRequest.newBuilder().setForce(true).build()));
  }
}
