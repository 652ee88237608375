package io.pageferry.telemetry;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Optional;

/**
 * Scrapes a registry over HTTP, on a free port of the loopback interface, so that the first scrapes
 * of Prometheus run compiled code: uncompiled, one takes a tenth of a second from the guest. One
 * thread; {@link #close} ends the server.
 */
public final class RehearsedScrapes implements AutoCloseable {
  /** A few for each migration that is rehearsed take little of the time for it. */
  private static final int AT_ONCE = 4;

  private static final int LIMIT_MILLIS = 5_000;
  private static final byte[] REQUEST = "GET /metrics HTTP/1.0\r\n\r\n".getBytes(US_ASCII);

  private final TelemetryServer server;

  /** Serves what is not the registry of a daemon proper. */
  public RehearsedScrapes(PrometheusMeterRegistry registry) {
    server = new TelemetryServer(new HostPort("127.0.0.1", 0), registry, Optional::empty);
    server.start();
  }

  /** Scrapes a few times. */
  public void scrape() {
    for (int i = 0; i < AT_ONCE; i++) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
        socket.setSoTimeout(LIMIT_MILLIS);
        socket.getOutputStream().write(REQUEST);
        var _ = socket.getInputStream().readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException("A scrape in rehearsal failed.", e);
      }
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
