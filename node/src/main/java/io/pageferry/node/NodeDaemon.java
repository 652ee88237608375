package io.pageferry.node;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.admin.AdminService;
import io.pageferry.daemon.admin.GuestControl;
import io.pageferry.daemon.guest.GuestRegistry;
import io.pageferry.daemon.meters.GuestMeters;
import io.pageferry.daemon.process.Daemon;
import io.pageferry.daemon.process.Readiness;
import io.pageferry.daemon.process.Rehearsal;
import io.pageferry.dest.DestRole;
import io.pageferry.host.Ending;
import io.pageferry.host.HostMemory;
import io.pageferry.proto.v1.Role;
import io.pageferry.rpc.RpcServer;
import io.pageferry.source.SourceRole;
import io.pageferry.telemetry.PrometheusRegistries;
import io.pageferry.telemetry.TelemetryServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * A daemon, put together: the composition root. A daemon with one role is the same without the
 * other's services. {@link #start} once, {@link #close} once.
 */
public final class NodeDaemon implements Daemon {
  private final NodeConfig config;
  private final PrometheusMeterRegistry meters = PrometheusRegistries.create();
  private final Readiness readiness = new Readiness();
  private final Rehearsal rehearsal;
  private final @Nullable SourceRole source;
  private final GuestControl control;
  private final RpcServer server;
  private final TelemetryServer telemetry;

  /** A daemon that does not listen yet. */
  public NodeDaemon(NodeConfig config) {
    this(config, HostMemory.ofThisHost());
  }

  /** A daemon on a host with so much memory that does not listen yet. */
  public NodeDaemon(NodeConfig config, HostMemory host) {
    this.config = config;
    rehearsal = new Rehearsal(config.rehearsal(), new NodeRehearsal(config, host));
    GuestRegistry guests = new GuestRegistry(config.name(), config.limits(), host, readiness);
    List<BindableService> services = new ArrayList<>();
    List<ServerServiceDefinition> definitions = new ArrayList<>();
    source = source(guests);
    if (source != null) {
      definitions.add(source.pageService());
    }
    if (config.role() != Role.ROLE_SOURCE) {
      services.add(
          new DestRole(config.destination(), guests, rehearsal::stop, Level.INFO)
              .migrationService());
    }
    control = new GuestControl(config.role(), guests, source, readiness, rehearsal::isOn);
    services.add(new AdminService(control));
    GuestMeters.register(meters, config.role(), control::statuses, guests::all);
    server = new RpcServer(config.listen().toSocketAddress(), services, definitions);
    telemetry = new TelemetryServer(config.metricsListen(), meters, readiness::obstacle);
  }

  private @Nullable SourceRole source(GuestRegistry guests) {
    return config.role() == Role.ROLE_DESTINATION
        ? null
        : new SourceRole(config.source(), this::advertised, guests, rehearsal::stop, Level.INFO);
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

  /** Where all gRPC services listen. */
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

  /** Stops serving, ends the guests, unmaps their memory. */
  @Override
  public void close() {
    Ending.all(
        rehearsal::close,
        server::close,
        control::close,
        () -> {
          if (source != null) {
            source.close();
          }
        },
        telemetry::close,
        meters::close);
  }
}
