package io.pageferry.telemetry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.HostPort;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves a daemon's metrics and health over HTTP: {@code GET /metrics} in Prometheus' text format,
 * {@code GET /livez} (200 while the process can answer at all) and {@code GET /readyz} (200, or 503
 * with the reason).
 *
 * <p>{@code HEAD} is answered as {@code GET} is, without the body: what checks health often asks
 * so.
 *
 * <p>Any thread may call it. {@link #start} once, then {@link #close}; closing again does nothing.
 * Requests are answered on virtual threads, so the registry's gauges and the readiness supplier are
 * called from those.
 */
public final class TelemetryServer implements AutoCloseable {
  private static final String CLIENT_SECONDS = "30";
  private static final String MAX_CONNECTIONS = "100";

  static {
    // Headers and body are two writes: without it the second waits for the first one's receipt,
    // which the other side may hold back for 40 ms. Read once, when the first server is made.
    var _ = System.setProperty("sun.net.httpserver.nodelay", "true");
    // A client that sends or takes nothing is cut off, and there are only so many at a time.
    var _ = System.setProperty("sun.net.httpserver.maxReqTime", CLIENT_SECONDS);
    var _ = System.setProperty("sun.net.httpserver.maxRspTime", CLIENT_SECONDS);
    var _ = System.setProperty("jdk.httpserver.maxConnections", MAX_CONNECTIONS);
  }

  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
  private static final long NO_BODY = -1;
  private static final String TEXT_TYPE = "text/plain; charset=utf-8";

  private final HostPort address;
  private final PrometheusMeterRegistry registry;
  private final Supplier<Optional<String>> unreadiness;
  private @Nullable HttpServer server;
  private @Nullable ExecutorService executor;

  private record Answer(int status, String type, String body) {}

  /**
   * A server that is not started yet.
   *
   * @param address where to listen; port 0 for any free port
   * @param registry what {@code /metrics} shows
   * @param unreadiness why the daemon is not ready, or empty when it is
   */
  public TelemetryServer(
      HostPort address, PrometheusMeterRegistry registry, Supplier<Optional<String>> unreadiness) {
    this.address = address;
    this.registry = registry;
    this.unreadiness = unreadiness;
  }

  /**
   * Listens and serves.
   *
   * @throws PageFerryException PORT_IN_USE if the address cannot be bound
   * @throws IllegalArgumentException if its host is not known
   */
  public synchronized void start() {
    if (server != null) {
      throw new IllegalStateException("The telemetry server on " + address + " is started.");
    }
    InetSocketAddress socketAddress = address.toSocketAddress();
    HttpServer made;
    try {
      made = HttpServer.create(socketAddress, 0);
    } catch (IOException e) {
      throw new PageFerryException(
          ErrorCode.PORT_IN_USE,
          "Telemetry cannot be served on "
              + address
              + " ("
              + e.getMessage()
              + "); stop what uses the port or choose another address.",
          e);
    }
    ExecutorService workers =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("telemetry-", 0).factory());
    made.setExecutor(workers);
    var _ = made.createContext("/", this::handle);
    made.start();
    server = made;
    executor = workers;
  }

  /** The port that the server listens on. */
  public synchronized int port() {
    if (server == null) {
      throw new IllegalStateException("The telemetry server on " + address + " is not started.");
    }
    return server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer = answer(exchange);
      if (answer.status() == 405) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      }
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", answer.type());
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
        exchange.sendResponseHeaders(answer.status(), NO_BODY);
        return;
      }
      exchange.sendResponseHeaders(answer.status(), body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }

  private Answer answer(HttpExchange exchange) {
    Supplier<Answer> page =
        switch (exchange.getRequestURI().getPath()) {
          case "/metrics" -> () -> new Answer(200, METRICS_TYPE, registry.scrape(METRICS_TYPE));
          case "/livez" -> () -> text(200, "live");
          case "/readyz" -> this::readiness;
          default -> null;
        };
    if (page == null) {
      return text(404, "There are /metrics, /livez and /readyz.");
    }
    return switch (exchange.getRequestMethod()) {
      case "GET", "HEAD" -> page.get();
      default -> text(405, "Only GET and HEAD.");
    };
  }

  private Answer readiness() {
    return unreadiness.get().map(reason -> text(503, reason)).orElseGet(() -> text(200, "ready"));
  }

  private static Answer text(int status, String line) {
    return new Answer(status, TEXT_TYPE, line + "\n");
  }

  /** Stops listening and cuts the requests that run; waits for those no longer than a second. */
  @Override
  public void close() {
    HttpServer stopped;
    ExecutorService workers;
    synchronized (this) {
      stopped = server;
      workers = executor;
      executor = null;
    }
    if (stopped == null || workers == null) {
      return;
    }
    stopped.stop(0);
    var _ = workers.shutdownNow();
    try {
      var _ = workers.awaitTermination(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
