package io.pageferry.dest;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.AdminService;
import io.pageferry.daemon.Daemon;
import io.pageferry.daemon.Readiness;
import io.pageferry.daemon.Rehearsal;
import io.pageferry.memory.HostMemory;
import io.pageferry.rpc.RpcServer;
import io.pageferry.telemetry.PrometheusRegistries;
import io.pageferry.telemetry.TelemetryServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.event.Level;

/**
 * The destination daemon, put together: the composition root. {@link #start} once, {@link #close}
 * once.
 */
public final class DestDaemon implements Daemon {
  private final DestConfig config;
  private final PrometheusMeterRegistry registry = PrometheusRegistries.create();
  private final Readiness readiness = new Readiness();
  private final Rehearsal rehearsal;
  private final DestControl control;
  private final RpcServer server;
  private final TelemetryServer telemetry;

  /** A daemon that does not listen yet. */
  public DestDaemon(DestConfig config) {
    this(config, HostMemory.ofThisHost());
  }

  /** A daemon on a host with so much memory that does not listen yet. */
  public DestDaemon(DestConfig config, HostMemory hostMemory) {
    this.config = config;
    rehearsal = new Rehearsal(config.rehearsal(), new DestRehearsal(config, hostMemory));
    control = new DestControl(config, hostMemory, registry, readiness, rehearsal, Level.INFO);
    server =
        new RpcServer(
            config.listen().toSocketAddress(),
            List.of(new AdminService(control), new MigrationService(control)),
            List.of());
    telemetry = new TelemetryServer(config.metricsListen(), registry, readiness::obstacle);
  }

  /**
   * Listens, and rehearses meanwhile.
   *
   * @throws io.pageferry.migration.PageFerryException PORT_IN_USE if an address cannot be bound
   */
  @Override
  public void start() {
    telemetry.start();
    server.start();
    readiness.ready();
    rehearsal.start();
  }

  /** Where the admin and migration services listen. */
  @Override
  public HostPort address() {
    return config.listen().withPort(server.port());
  }

  /** Where metrics and health are served. */
  @Override
  public HostPort metricsAddress() {
    return config.metricsListen().withPort(telemetry.port());
  }

  @Override
  public void finish(Duration grace) throws InterruptedException {
    readiness.stopping();
    server.announceEnd();
    control.finish(grace);
  }

  @Override
  public Optional<String> loss() {
    return control.loss();
  }

  /** Stops serving, ends the guest, unmaps its memory. */
  @Override
  public void close() {
    rehearsal.close();
    server.close();
    control.close();
    telemetry.close();
    registry.close();
  }
}
