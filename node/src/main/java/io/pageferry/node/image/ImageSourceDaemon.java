package io.pageferry.node.image;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.process.Daemon;
import io.pageferry.daemon.process.Readiness;
import io.pageferry.host.Ending;
import io.pageferry.rpc.RpcServer;
import io.pageferry.source.SourceConfig;
import io.pageferry.source.serve.DrainBandwidth;
import io.pageferry.source.served.ServedImage;
import io.pageferry.source.served.ServedImages;
import io.pageferry.telemetry.PrometheusRegistries;
import io.pageferry.telemetry.TelemetryServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A daemon that serves a memory image, put together. {@link #start} once, {@link #close} once. */
public final class ImageSourceDaemon implements Daemon {
  private final HostPort listen;
  private final HostPort metricsListen;
  private final PrometheusMeterRegistry meters = PrometheusRegistries.create();
  private final Readiness readiness = new Readiness();
  private final ServedImages images;
  private final RpcServer server;
  private final TelemetryServer telemetry;

  /** Owns the image; does not listen yet. */
  public ImageSourceDaemon(
      ServedImage image, SourceConfig config, HostPort listen, HostPort metricsListen) {
    this.listen = listen;
    this.metricsListen = metricsListen;
    images =
        new ServedImages(
            List.of(image),
            config.maxBytesInFlight(),
            new DrainBandwidth(config.maxDrainBandwidth().bytes()));
    registerMeters();
    server =
        new RpcServer(
            listen.toSocketAddress(),
            List.of(images.imageService()),
            List.of(images.pageService()));
    telemetry = new TelemetryServer(metricsListen, meters, readiness::obstacle);
  }

  private void registerMeters() {
    Gauge.builder("pageferry.image.deliveries", images, ServedImages::active)
        .description("Deliveries of images that are open")
        .register(meters);
    Gauge.builder("pageferry.image.bytes.in.flight", images, ServedImages::bytesInFlight)
        .description("Page bytes sent and not acknowledged")
        .register(meters);
    FunctionCounter.builder("pageferry.image.deliveries.opened", images, ServedImages::opened)
        .description("Deliveries of images that were ever opened")
        .register(meters);
    FunctionCounter.builder("pageferry.image.deliveries.completed", images, ServedImages::completed)
        .description("Deliveries of images whose pages were all acknowledged")
        .register(meters);
    FunctionCounter.builder("pageferry.image.pages.sent", images, ServedImages::sentPages)
        .description("Pages of images that were sent")
        .register(meters);
    for (ServedImage image : images.images()) {
      Gauge.builder("pageferry.image.pages", image, served -> served.memory().writtenPages())
          .description("Pages of an image that hold something")
          .tag("image", image.name())
          .register(meters);
    }
  }

  @Override
  public void start() {
    telemetry.start();
    server.start();
    readiness.ready();
  }

  @Override
  public HostPort address() {
    return listen.withPort(server.port());
  }

  @Override
  public HostPort metricsAddress() {
    return metricsListen.withPort(telemetry.port());
  }

  @Override
  public void finish(Duration grace) throws InterruptedException {
    readiness.stopping();
    server.announceEnd();
    images.finish(grace);
  }

  /** An image is in its file, whatever happens here. */
  @Override
  public Optional<String> loss() {
    return Optional.empty();
  }

  @Override
  public void close() {
    Ending.all(server::close, images::close, telemetry::close, meters::close);
  }
}
