package io.pageferry.bench.fault;

import io.pageferry.cli.demo.GuestControl;
import io.pageferry.client.AdminClient;
import io.pageferry.memory.PageGeometry;
import io.pageferry.node.NodeConfig;
import io.pageferry.node.NodeDaemon;
import io.pageferry.proto.v1.AccessPattern;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.SyntheticWorkload;
import io.pageferry.proto.v1.UnloadGuestRequest;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Both daemons in this JVM, on free ports of the loopback interface, and one guest after the other
 * that moves by its faults alone. One thread.
 */
final class DemandMigrations implements AutoCloseable {
  private static final Duration CALL_LIMIT = Duration.ofSeconds(30);
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final Duration NO_DRAIN = Duration.ofMinutes(10);
  private static final long GUEST_BYTES = 96L << 20;

  /** So many random accesses for each page leave practically none out. */
  private static final long ACCESSES_PER_PAGE = 20;

  /** A new migration's threads and connections have settled by then. */
  private static final long FIRST_FAULTS = 500;

  /** Each look is a call on a daemon that is being measured. */
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(20);

  private final NodeDaemon sourceDaemon = new NodeDaemon(NodeConfig.onLoopback(Role.ROLE_SOURCE));
  private final NodeDaemon destinationDaemon =
      new NodeDaemon(NodeConfig.onLoopback(Role.ROLE_DESTINATION));
  private final AdminClient source;
  private final AdminClient destination;

  /** Both listen. */
  DemandMigrations() {
    sourceDaemon.start();
    destinationDaemon.start();
    source = new AdminClient(Role.ROLE_SOURCE, sourceDaemon.address(), CALL_LIMIT);
    destination = new AdminClient(Role.ROLE_DESTINATION, destinationDaemon.address(), CALL_LIMIT);
  }

  /** A guest runs at the source, every page of which holds something. */
  void load() throws InterruptedException {
    LoadGuestRequest guest =
        LoadGuestRequest.newBuilder()
            .setName("faults")
            .setVcpuCount(1)
            .setMemoryBytes(GUEST_BYTES)
            .setSynthetic(
                SyntheticWorkload.newBuilder()
                    .setPattern(AccessPattern.ACCESS_PATTERN_UNIFORM)
                    .setWriteRatio(1)
                    .setSeed(1))
            .build();
    var _ = source.call(stub -> stub.loadGuest(guest));
    GuestControl.resume(source);
    long accesses = ACCESSES_PER_PAGE * PageGeometry.pages(GUEST_BYTES);
    await(
        () -> source.status().getGuest().getVcpus(0).getInstructions() >= accesses,
        "The guest did not write its pages");
  }

  /** Moves the guest, and returns while it makes its first faults. */
  void beginFaults() throws InterruptedException {
    MigrateRequest request =
        MigrateRequest.newBuilder()
            .setDestination(destination.address())
            .setDrainAfterMillis(NO_DRAIN.toMillis())
            .build();
    var _ = source.call(stub -> stub.migrate(request));
    await(() -> faults().getFaults() >= FIRST_FAULTS, "The guest made no faults");
  }

  /** Waits until the last page is at the destination. */
  void awaitPages() throws InterruptedException {
    await(
        () -> faults().getPhase() == Phase.PHASE_COMPLETED,
        "The guest did not touch all its pages");
  }

  /** The migration as the destination sees it. */
  MigrationStatus faults() {
    return destination.status().getMigration();
  }

  /** Discards the guest on both sides. */
  void unload() {
    for (AdminClient daemon : List.of(source, destination)) {
      var _ = daemon.call(stub -> stub.unloadGuest(UnloadGuestRequest.getDefaultInstance()));
    }
  }

  private static void await(BooleanSupplier done, String otherwise) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!done.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(otherwise + " in " + LIMIT.toSeconds() + " s.");
      }
      Thread.sleep(LOOK_INTERVAL);
    }
  }

  @Override
  public void close() {
    source.close();
    destination.close();
    sourceDaemon.close();
    destinationDaemon.close();
  }
}
