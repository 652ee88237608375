package io.pageferry.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.testcontainers.DockerClientFactory;

/** How long a container takes from {@code docker run} until its daemon is ready. */
@NeedsEngine
class StartTimeIT {
  private static final int RUNS = 5;
  private static final Duration LIMIT = Duration.ofSeconds(2);

  @ParameterizedTest(name = "{0}")
  @CsvSource({"SOURCE, 9401", "DESTINATION, 9402"})
  void aDaemonIsReadyWithinTwoSeconds(Images image, int metricsPort) throws Exception {
    long[] millis = new long[RUNS];
    for (int run = 0; run < RUNS; run++) {
      millis[run] = startOnce(image.imageName(), metricsPort);
    }
    Files.writeString(
        Path.of("target", "start-" + image.name().toLowerCase(Locale.ROOT) + ".txt"),
        "docker run to /readyz, ms: " + Arrays.toString(millis) + System.lineSeparator());
    Arrays.sort(millis);
    assertThat(millis[RUNS / 2])
        .as("median of %s ms", Arrays.toString(millis))
        .isLessThan(LIMIT.toMillis());
  }

  private static long startOnce(String image, int metricsPort) {
    DockerClient docker = DockerClientFactory.lazyClient();
    HostConfig settings = Hardening.apply(HostConfig.newHostConfig());
    Hardening.publish(settings, metricsPort);
    long start = System.nanoTime();
    String id =
        docker
            .createContainerCmd(image)
            .withExposedPorts(new ExposedPort(metricsPort))
            .withHostConfig(settings)
            .exec()
            .getId();
    try (HttpClient client = HttpClient.newHttpClient()) {
      docker.startContainerCmd(id).exec();
      String port =
          docker
              .inspectContainerCmd(id)
              .exec()
              .getNetworkSettings()
              .getPorts()
              .getBindings()
              .get(new ExposedPort(metricsPort))[0]
              .getHostPortSpec();
      URI ready = URI.create("http://127.0.0.1:" + port + "/readyz");
      await()
          .atMost(Daemon.PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(10))
          .until(() -> isReady(client, ready));
      return Duration.ofNanos(System.nanoTime() - start).toMillis();
    } finally {
      docker.removeContainerCmd(id).withForce(true).exec();
    }
  }

  private static boolean isReady(HttpClient client, URI ready) throws InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(ready).timeout(Duration.ofSeconds(1)).build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException _) {
      return false;
    }
  }
}
