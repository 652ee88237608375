package io.pageferry.source;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.DataSize;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.Readiness;
import io.pageferry.daemon.Rehearsal;
import io.pageferry.memory.HostMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.migration.Phase;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.rpc.RpcServer;
import io.pageferry.telemetry.RehearsedScrapes;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.event.Level;

/**
 * What a source daemon exercises: small guests that never run migrate, one after another, from a
 * control and a server of their own to a {@link StandInMigrationService} behind the same server.
 */
final class SourceRehearsal implements Rehearsal.Play {
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  static final long MEMORY_BYTES = 16L << 20;
  private static final DataSize BYTES_IN_FLIGHT = DataSize.ofMebibytes(8);
  private static final long DRAIN_AFTER_MILLIS = 20;

  private final HostMemory hostMemory;
  private final AtomicInteger migrations = new AtomicInteger();

  SourceRehearsal(HostMemory hostMemory) {
    this.hostMemory = hostMemory;
  }

  /** Migrations completed. */
  int migrations() {
    return migrations.get();
  }

  @Override
  public void perform() throws InterruptedException {
    LaneRegistry lanes = new LaneRegistry();
    StandInMigrationService destination = new StandInMigrationService();
    RpcServer server =
        new RpcServer(ANY.toSocketAddress(), List.of(destination), List.of(lanes.service()));
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    SourceControl control =
        new SourceControl(
            new SourceConfig(ANY, ANY, null, BYTES_IN_FLIGHT),
            () -> ANY.withPort(server.port()),
            lanes,
            hostMemory,
            registry,
            new Readiness(),
            Rehearsal.none(),
            Level.DEBUG);
    // Lanes must have ended before the memory goes.
    try (destination;
        control;
        server;
        RehearsedScrapes scrapes = new RehearsedScrapes(registry)) {
      server.start();
      migrateOn(control, ANY.withPort(server.port()), scrapes);
    }
  }

  private void migrateOn(SourceControl control, HostPort destination, RehearsedScrapes scrapes)
      throws InterruptedException {
    try {
      while (true) {
        migrate(control, destination);
        scrapes.scrape();
        var _ = control.unload(false);
        migrations.incrementAndGet();
      }
    } finally {
      // What follows waits for ends.
      var _ = Thread.interrupted();
    }
  }

  private static void migrate(SourceControl control, HostPort destination)
      throws InterruptedException {
    var _ =
        control.load(
            LoadGuestRequest.newBuilder()
                .setBundledProgram("smp")
                .setVcpuCount(1)
                .setMemoryBytes(MEMORY_BYTES)
                .build());
    for (MemorySlot slot : control.guest().memory().slots()) {
      slot.written().setRange(0, slot.pageCount());
    }
    var _ =
        control.migrate(
            MigrateRequest.newBuilder()
                .setDestination(destination.toString())
                .setDrainAfterMillis(DRAIN_AFTER_MILLIS)
                .build());
    PhaseTracker tracker = control.migrationTracker();
    if (tracker.awaitSettled() != Phase.COMPLETED) {
      throw new IllegalStateException("A migration in rehearsal ended: " + tracker.reason());
    }
  }
}
