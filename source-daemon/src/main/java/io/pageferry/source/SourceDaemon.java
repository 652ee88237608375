package io.pageferry.source;

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
 * The source daemon, put together: the composition root. {@link #start} once, {@link #close} once.
 */
public final class SourceDaemon implements Daemon {
  private final SourceConfig config;
  private final PrometheusMeterRegistry registry = PrometheusRegistries.create();
  private final Readiness readiness = new Readiness();
  private final Rehearsal rehearsal;
  private final SourceControl control;
  private final RpcServer server;
  private final TelemetryServer telemetry;

  /** A daemon that does not listen yet. */
  public SourceDaemon(SourceConfig config) {
    this(config, HostMemory.ofThisHost());
  }

  SourceDaemon(SourceConfig config, HostMemory hostMemory) {
    this.config = config;
    LaneRegistry lanes = new LaneRegistry();
    rehearsal = new Rehearsal(config.rehearsal(), new SourceRehearsal(hostMemory));
    control =
        new SourceControl(
            config,
            this::advertised,
            lanes,
            hostMemory,
            registry,
            readiness,
            rehearsal,
            Level.INFO);
    server =
        new RpcServer(
            config.listen().toSocketAddress(),
            List.of(new AdminService(control)),
            List.of(lanes.service()));
    telemetry = new TelemetryServer(config.metricsListen(), registry, readiness::obstacle);
  }

  private HostPort advertised() {
    HostPort given = config.advertise();
    return given == null ? address() : given;
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

  /** Where the admin and page services listen. */
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
