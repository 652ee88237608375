package io.pageferry.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.HostPort;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TelemetryServerTest {
  private final PrometheusMeterRegistry registry =
      PrometheusRegistries.create(Tags.of("role", "source"));
  private final AtomicReference<Optional<String>> unreadiness =
      new AtomicReference<>(Optional.empty());
  private final TelemetryServer server =
      new TelemetryServer(new HostPort("127.0.0.1", 0), registry, unreadiness::get);
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void start() {
    server.start();
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
    registry.close();
  }

  private HttpResponse<String> request(String method, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
    return client.send(
        HttpRequest.newBuilder(uri).method(method, BodyPublishers.noBody()).build(),
        BodyHandlers.ofString());
  }

  @Test
  void servesMetersInPrometheusTextFormat() throws Exception {
    registry.counter("pageferry.pages", "origin", "demand").increment(3);

    HttpResponse<String> response = request("GET", "/metrics");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
    assertThat(response.body().lines())
        .contains("pageferry_pages_total{origin=\"demand\",role=\"source\"} 3.0")
        .anyMatch(line -> line.startsWith("jvm_memory_used_bytes{"))
        .anyMatch(line -> line.startsWith("jvm_threads_live_threads"))
        .anyMatch(line -> line.startsWith("jvm_gc_memory_allocated_bytes_total"));
  }

  @Test
  void servesLatenciesInBucketsFromFiveMicrosecondsToTenSeconds() throws Exception {
    LatencyHistogram histogram = new LatencyHistogram();
    histogram.record(7_000);
    histogram.record(3_000_000);
    LatencyCounts counts = new LatencyCounts();
    counts.add(histogram);
    registry
        .getPrometheusRegistry()
        .register(
            new LatencyCollector(
                "fault_latency_seconds",
                "Exit to re-entry.",
                () -> List.of(new LatencyCollector.Series(List.of("part", "total"), counts))));

    assertThat(request("GET", "/metrics").body().lines())
        .contains(
            "# HELP fault_latency_seconds Exit to re-entry.",
            "# TYPE fault_latency_seconds histogram",
            "fault_latency_seconds_bucket{part=\"total\",le=\"5.0E-6\"} 0",
            "fault_latency_seconds_bucket{part=\"total\",le=\"1.0E-5\"} 1",
            "fault_latency_seconds_bucket{part=\"total\",le=\"0.002\"} 1",
            "fault_latency_seconds_bucket{part=\"total\",le=\"0.005\"} 2",
            "fault_latency_seconds_bucket{part=\"total\",le=\"10.0\"} 2",
            "fault_latency_seconds_bucket{part=\"total\",le=\"+Inf\"} 2",
            "fault_latency_seconds_count{part=\"total\"} 2",
            "fault_latency_seconds_sum{part=\"total\"} 0.003007");
    assertThat(request("GET", "/metrics").body().lines())
        .filteredOn(line -> line.startsWith("fault_latency_seconds_bucket"))
        .hasSize(21);
  }

  @Test
  void isAliveEvenWhenNotReadyAndSaysWhyNot() throws Exception {
    assertThat(request("GET", "/readyz").statusCode()).isEqualTo(200);

    unreadiness.set(Optional.of("The guest is not loaded."));

    HttpResponse<String> response = request("GET", "/readyz");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).isEqualTo("The guest is not loaded.\n");
    assertThat(request("GET", "/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void knowsNoOtherPathsAndNoOtherMethods() throws Exception {
    assertThat(request("GET", "/").statusCode()).isEqualTo(404);
    assertThat(request("GET", "/metrics2").statusCode()).isEqualTo(404);
    assertThat(request("POST", "/nowhere").statusCode()).isEqualTo(404);
    HttpResponse<String> response = request("POST", "/metrics");
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("Allow")).hasValue("GET, HEAD");
  }

  @Test
  void answersHeadAsItAnswersGetButWithoutTheBody() throws Exception {
    for (String path : List.of("/livez", "/readyz", "/metrics")) {
      HttpResponse<String> response = request("HEAD", path);
      assertThat(response.statusCode()).as(path).isEqualTo(200);
      assertThat(response.body()).as(path).isEmpty();
      assertThat(response.headers().firstValueAsLong("Content-Length").orElse(0)).isPositive();
    }
    unreadiness.set(Optional.of("The daemon ends."));
    assertThat(request("HEAD", "/readyz").statusCode()).isEqualTo(503);
  }

  @Test
  void connectionsThatNeverFinishTheirRequestAreBounded() throws Exception {
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < 100 + 40; i++) {
        Socket socket = connect();
        sockets.add(socket);
        sendIfOpen(socket, "GET /metrics HTTP/1.1\r\n");
      }
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() ->
              assertThat(sockets.stream().filter(TelemetryServerTest::isClosedByPeer).count())
                  .isGreaterThanOrEqualTo(40));
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  private Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), server.port());
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static void sendIfOpen(Socket socket, String text) {
    try {
      send(socket, text);
    } catch (IOException _) {
      // The server has closed it already, which is what the test counts.
    }
  }

  private static boolean isClosedByPeer(Socket socket) {
    try {
      socket.setSoTimeout(1);
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException _) {
      return false;
    } catch (IOException _) {
      return true;
    }
  }

  @Test
  void saysWhichAddressIsTaken() {
    HostPort taken = new HostPort("127.0.0.1", server.port());
    try (TelemetryServer second = new TelemetryServer(taken, registry, Optional::empty)) {
      assertThatExceptionOfType(PageFerryException.class)
          .isThrownBy(second::start)
          .withMessageStartingWith("Telemetry cannot be served on " + taken)
          .returns(ErrorCode.PORT_IN_USE, PageFerryException::code);
    }
  }

  @Test
  void startsOnceAndClosesAsOftenAsOneLikes() {
    assertThatIllegalStateException().isThrownBy(server::start);
    server.close();
    server.close();
    try (TelemetryServer never =
        new TelemetryServer(new HostPort("127.0.0.1", 0), registry, Optional::empty)) {
      assertThatIllegalStateException().isThrownBy(never::port);
    }
  }
}
