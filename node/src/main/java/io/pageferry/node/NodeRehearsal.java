package io.pageferry.node;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.admin.GuestControl;
import io.pageferry.daemon.guest.GuestEntry;
import io.pageferry.daemon.guest.GuestLimits;
import io.pageferry.daemon.guest.GuestMigration;
import io.pageferry.daemon.guest.GuestRegistry;
import io.pageferry.daemon.meters.GuestMeters;
import io.pageferry.daemon.process.Readiness;
import io.pageferry.daemon.process.Rehearsal;
import io.pageferry.dest.DestRole;
import io.pageferry.host.Ending;
import io.pageferry.host.HostMemory;
import io.pageferry.migration.Phase;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.ProgramParameters;
import io.pageferry.proto.v1.Role;
import io.pageferry.rpc.RpcServer;
import io.pageferry.source.SourceRole;
import io.pageferry.telemetry.RehearsedScrapes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.event.Level;

/**
 * The warm-up of a daemon: a small guest moves from it to itself, again and again, by the code of
 * both roles. The guests of the two roles are apart from each other and from the daemon's own, and
 * so are the port and the metrics.
 */
final class NodeRehearsal implements Rehearsal.Play {
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  static final long MEMORY_BYTES = 16L << 20;
  private static final int VCPUS = 2;

  /** Long enough for the guest to write most of its memory. */
  private static final long RUN_NANOS = 20_000_000;

  /** Pages move on demand only, for so long. */
  private static final long DRAIN_AFTER_MILLIS = 20;

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final NodeConfig config;
  private final HostMemory host;
  private final AtomicInteger migrations = new AtomicInteger();

  NodeRehearsal(NodeConfig config, HostMemory host) {
    this.config = config;
    this.host = host;
  }

  /** Migrations completed. */
  int migrations() {
    return migrations.get();
  }

  private GuestRegistry guests() {
    return new GuestRegistry(config.name(), GuestLimits.DEFAULT, host, new Readiness());
  }

  @Override
  public void perform() throws InterruptedException {
    GuestRegistry leaving = guests();
    GuestRegistry coming = guests();
    Server server = new Server(leaving, coming);
    try {
      server.start();
      while (true) {
        migrate(server, leaving, coming);
        migrations.incrementAndGet();
      }
    } finally {
      // What follows waits for ends.
      var _ = Thread.interrupted();
      server.close();
    }
  }

  /** Both roles behind one port. */
  private final class Server {
    final SourceRole source;
    private final GuestControl left;
    private final GuestControl arrived;
    private final RpcServer rpc;
    private final PrometheusMeterRegistry meters =
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    final RehearsedScrapes scrapes;

    Server(GuestRegistry leaving, GuestRegistry coming) {
      Readiness ready = new Readiness();
      source = new SourceRole(config.source(), this::address, leaving, () -> {}, Level.DEBUG);
      DestRole destination = new DestRole(config.destination(), coming, () -> {}, Level.DEBUG);
      left = new GuestControl(Role.ROLE_SOURCE, leaving, source, ready, () -> false);
      arrived = new GuestControl(Role.ROLE_DESTINATION, coming, null, ready, () -> false);
      rpc =
          new RpcServer(
              ANY.toSocketAddress(),
              List.of(destination.migrationService()),
              List.of(source.pageService()));
      GuestMeters.register(meters, Role.ROLE_NODE, arrived::statuses, coming::all);
      scrapes = new RehearsedScrapes(meters);
    }

    void start() {
      rpc.start();
    }

    HostPort address() {
      return ANY.withPort(rpc.port());
    }

    void close() {
      // Lanes must have ended before the memory goes.
      Ending.all(
          scrapes::close, rpc::close, left::close, arrived::close, source::close, meters::close);
    }
  }

  private void migrate(Server server, GuestRegistry leaving, GuestRegistry coming)
      throws InterruptedException {
    GuestEntry guest =
        server.source.load(
            LoadGuestRequest.newBuilder()
                .setBundledProgram("touch")
                .setVcpuCount(Math.min(VCPUS, config.destination().maxVcpus()))
                .setMemoryBytes(MEMORY_BYTES)
                .setParameters(ProgramParameters.newBuilder().setSeed(1).setRandomOrder(true))
                .build());
    guest.guest().resume();
    // An interrupt is noticed when the migration is waited for.
    LockSupport.parkNanos(RUN_NANOS);
    GuestMigration migration =
        server.source.migrate(
            guest,
            MigrateRequest.newBuilder()
                .setDestination(server.address().toString())
                .setDrainAfterMillis(DRAIN_AFTER_MILLIS)
                .build());
    if (migration.tracker().awaitSettled() != Phase.COMPLETED) {
      throw new IllegalStateException(
          "A migration in rehearsal ended: " + migration.tracker().reason());
    }
    GuestEntry arrived = coming.withArrival(migration.key()).orElseThrow();
    var _ = arrived.arrival().orElseThrow().tracker().awaitTerminal(PATIENCE);
    server.scrapes.scrape();
    var _ = coming.unload(arrived, true);
    var _ = leaving.unload(guest, false);
  }
}
