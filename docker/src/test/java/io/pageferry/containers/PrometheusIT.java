package io.pageferry.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pageferry.proto.v1.MigrationStatus;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.MountableFile;

/** A real Prometheus with the project's configuration scrapes both daemons, and is asked. */
@NeedsEngine
class PrometheusIT {
  private static final int PORT = 9090;

  private static Stage stage;
  private static GenericContainer<?> prometheus;
  private static HttpClient client;

  @BeforeAll
  static void start() {
    client = HttpClient.newHttpClient();
    stage = new Stage();
    prometheus =
        new GenericContainer<>(Images.PROMETHEUS)
            .withNetwork(stage.administration())
            .withExposedPorts(PORT)
            .withCopyFileToContainer(
                MountableFile.forHostPath(Images.repository().resolve("docker/prometheus")),
                "/etc/prometheus/")
            .withCreateContainerCmdModifier(
                command -> Hardening.publish(Objects.requireNonNull(command.getHostConfig()), PORT))
            .waitingFor(Wait.forHttp("/-/ready").forPort(PORT).withStartupTimeout(Daemon.PATIENCE));
    prometheus.start();
  }

  @AfterAll
  static void remove() {
    client.close();
    if (prometheus != null) {
      prometheus.stop();
    }
    if (stage != null) {
      stage.close();
    }
  }

  @Test
  void aMigrationIsInPrometheusAsItIsInTheStatus() throws Exception {
    awaitValue("count(up{job=\"pageferry\"} == 1)", 2);
    stage.runGuest("kv", "32MiB");
    MigrationStatus arrived = stage.migrateWhole();
    awaitValue("count(pageferry_phase{phase=\"completed\"} == 1)", 2);
    long pages = arrived.getPages().getTotal();
    awaitValue("pageferry_pages{state=\"present\"}", pages);
    awaitValue("sum(pageferry_pages_received_total{origin=~\"demand|drain|zero\"})", pages);
    awaitValue("pageferry_fault_latency_seconds_count{part=\"total\"}", arrived.getFaults());
    awaitValue("count(pageferry_downtime_seconds > 0)", 1);
    awaitBytes("source:9401", stage.source());
    awaitBytes("dest:9402", stage.destination());
  }

  /** Frames that were under way when the last page was installed still count, at both ends. */
  private static void awaitBytes(String instance, Daemon daemon) {
    awaitValue(
        "sum(pageferry_lane_bytes_total{instance=\"%s\"})".formatted(instance),
        () -> {
          MigrationStatus now = daemon.status().getMigration();
          return now.getDemandBytes() + now.getDrainBytes();
        });
  }

  @Test
  void theAlertRulesAreLoadedAndEvaluateWithoutAnError() throws Exception {
    JsonArray groups =
        await()
            .atMost(Daemon.PATIENCE)
            .until(
                () -> get("/api/v1/rules").getAsJsonArray("groups"),
                loaded -> loaded.toString().contains("\"lastEvaluation\"") && allHealthy(loaded));
    assertThat(groups).isNotEmpty();
  }

  private static boolean allHealthy(JsonArray groups) {
    return groups.asList().stream()
        .flatMap(group -> group.getAsJsonObject().getAsJsonArray("rules").asList().stream())
        .allMatch(rule -> rule.getAsJsonObject().get("health").getAsString().equals("ok"));
  }

  /** Waits until a query has one result with a value. */
  private static void awaitValue(String query, long expected) {
    awaitValue(query, () -> expected);
  }

  private static void awaitValue(String query, LongSupplier expected) {
    String path = "/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8);
    await(query)
        .atMost(Daemon.PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(() -> {
          JsonArray result = get(path).getAsJsonArray("result");
          assertThat(result).as("%s: %s", query, result).hasSize(1);
          JsonArray sample = result.get(0).getAsJsonObject().getAsJsonArray("value");
          assertThat(sample.get(1).getAsDouble())
              .as(query)
              .isEqualTo((double) expected.getAsLong());
        });
  }

  /** The data of an answer of Prometheus. */
  private static JsonObject get(String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + prometheus.getMappedPort(PORT) + path);
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JsonParser.parseString(response.body()).getAsJsonObject().getAsJsonObject("data");
  }
}
