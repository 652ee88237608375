package io.pageferry.node.image;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.process.Daemon;
import io.pageferry.daemon.process.Readiness;
import io.pageferry.dest.pager.Pager;
import io.pageferry.dest.pager.PagerConfig;
import io.pageferry.host.Ending;
import io.pageferry.telemetry.PrometheusRegistries;
import io.pageferry.telemetry.TelemetryServer;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** A pager as a daemon, put together. {@link #start} once, {@link #close} once. */
public final class ImagePagerDaemon implements Daemon {
  private final PagerConfig config;
  private final HostPort metricsListen;
  private final PrometheusMeterRegistry meters = PrometheusRegistries.create();
  private final Readiness readiness = new Readiness();
  private final Pager pager;
  private final TelemetryServer telemetry;

  /** Does not listen yet. */
  public ImagePagerDaemon(PagerConfig config, HostPort metricsListen) {
    this.config = config;
    this.metricsListen = metricsListen;
    pager = new Pager(config);
    registerMeters();
    telemetry = new TelemetryServer(metricsListen, meters, readiness::obstacle);
  }

  private void registerMeters() {
    Gauge.builder("pageferry.pager.restores", pager, Pager::active)
        .description("Processes whose pages are missing")
        .register(meters);
    Gauge.builder("pageferry.pager.missing.pages", pager, Pager::missingPages)
        .description("Pages that are missing in them")
        .register(meters);
    counter("pageferry.pager.taken", "Processes that were taken over", Pager::taken);
    counter("pageferry.pager.refused", "Hand-overs that were refused", Pager::refused);
    counter("pageferry.pager.completed", "Processes whose pages are all here", Pager::completed);
    counter("pageferry.pager.faults", "Faults that were taken", Pager::faults);
  }

  private void counter(String name, String description, ToDoubleFunction<Pager> value) {
    FunctionCounter.builder(name, pager, value).description(description).register(meters);
  }

  @Override
  public void start() {
    telemetry.start();
    try {
      pager.start();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "The pager cannot listen on %s: %s.".formatted(config.socket(), e.getMessage()), e);
    }
    readiness.ready();
  }

  /** Where the image comes from: hand-overs have no address of this form. */
  @Override
  public HostPort address() {
    return config.source();
  }

  @Override
  public HostPort metricsAddress() {
    return metricsListen.withPort(telemetry.port());
  }

  @Override
  public void finish(Duration grace) throws InterruptedException {
    readiness.stopping();
    pager.finish(grace);
  }

  @Override
  public Optional<String> loss() {
    return pager.loss();
  }

  @Override
  public void close() {
    Ending.all(pager::close, telemetry::close, meters::close);
  }
}
