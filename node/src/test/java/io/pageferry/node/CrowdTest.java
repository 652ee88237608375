package io.pageferry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.config.DataSize;
import io.pageferry.daemon.guest.GuestLimits;
import io.pageferry.migration.ErrorCode;
import io.pageferry.proto.v1.Status;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many guests that move from a node to another and back, some at a time, under scrapes. The system
 * properties {@code pageferry.crowd.guests}, {@code .mebibytes} and {@code .rounds} make it larger.
 */
@Timeout(3600)
class CrowdTest {
  private static final int GUESTS = Integer.getInteger("pageferry.crowd.guests", 4);
  private static final int MEBIBYTES = Integer.getInteger("pageferry.crowd.mebibytes", 4);
  private static final int ROUNDS = Integer.getInteger("pageferry.crowd.rounds", 3);
  private static final int AT_A_TIME = 2;
  private static final Duration SCRAPE_INTERVAL = Duration.ofMillis(100);

  private final Nodes a = Nodes.start();
  private final Nodes b = Nodes.start();

  @AfterEach
  void close() {
    a.close();
    b.close();
  }

  private static List<String> names() {
    return IntStream.range(0, GUESTS).mapToObj(i -> "guest-" + i).toList();
  }

  private static void moveAll(Nodes from, Nodes to) {
    List<String> names = names();
    for (int first = 0; first < names.size(); first += AT_A_TIME) {
      List<String> some = names.subList(first, Math.min(first + AT_A_TIME, names.size()));
      some.forEach(name -> from.begin(name, to));
      some.forEach(name -> from.awaitArrival(name, to));
    }
  }

  private static String scrape(Nodes node) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://" + node.daemon.metricsAddress() + "/metrics");
      return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    }
  }

  private static long series(Nodes node) throws IOException, InterruptedException {
    return scrape(node).lines().filter(line -> line.startsWith("pageferry_")).count();
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream().filter(Thread::isAlive).count();
  }

  private Thread scraper(AtomicInteger scrapes) {
    return Thread.ofVirtual()
        .start(() -> {
          try {
            while (true) {
              var _ = scrape(a);
              var _ = scrape(b);
              var _ = scrapes.incrementAndGet();
              Thread.sleep(SCRAPE_INTERVAL);
            }
          } catch (IOException | InterruptedException _) {
            // It was told to end.
          }
        });
  }

  @Test
  void guestsMoveThereAndBackAgainAndAgainAndNothingGrows() throws Exception {
    names().forEach(name -> a.load(name, name.endsWith("1") ? "touch" : "kv", MEBIBYTES));
    names().forEach(a::run);
    AtomicInteger scrapes = new AtomicInteger();
    Thread scraper = scraper(scrapes);
    moveAll(a, b);
    moveAll(b, a);
    long threads = threads();
    long descriptors = descriptors();
    long seriesOfA = series(a);
    long seriesOfB = series(b);
    for (int round = 1; round < ROUNDS; round++) {
      moveAll(a, b);
      moveAll(b, a);
    }
    scraper.interrupt();
    assertThat(scraper.join(Duration.ofSeconds(30))).isTrue();
    assertThat(scrapes.get()).isPositive();
    assertThat(series(a)).isEqualTo(seriesOfA);
    assertThat(series(b)).isEqualTo(seriesOfB);
    await()
        .atMost(Nodes.PATIENCE)
        .untilAsserted(() -> {
          assertThat(threads()).isLessThanOrEqualTo(threads + GUESTS);
          assertThat(descriptors()).isLessThanOrEqualTo(descriptors + 4L * GUESTS);
        });
    names().forEach(a::assertGuestIsWell);
    assertThat(b.guests()).hasSize(GUESTS).noneMatch(CrowdTest::isResident);
  }

  private static boolean isResident(Status status) {
    return status.getGuest().getResidentBytes() > 1 << 20;
  }

  @Test
  void whatIsOverTheLimitsIsRefusedWithItsOwnCode() {
    GuestLimits few = new GuestLimits(2, DataSize.ofMebibytes(20), 1, 1);
    try (Nodes small = Nodes.start(few)) {
      small.load("one", "counter", 8);
      assertThat(Nodes.refusal(() -> small.load("one", "counter", 4)).code())
          .isEqualTo(ErrorCode.GUEST_EXISTS);
      assertThat(Nodes.refusal(() -> small.load("large", "counter", 16)))
          .hasMessageContaining("--max-memory")
          .returns(ErrorCode.INSUFFICIENT_MEMORY, refusal -> refusal.code());
      small.load("two", "counter", 8);
      assertThat(Nodes.refusal(() -> small.load("three", "counter", 1)).code())
          .isEqualTo(ErrorCode.TOO_MANY_GUESTS);
      assertThat(Nodes.refusal(() -> small.status("")))
          .hasMessageContaining("one, two")
          .returns(ErrorCode.AMBIGUOUS_GUEST, refusal -> refusal.code());
      assertThat(Nodes.refusal(() -> small.status("nobody")))
          .hasMessageContaining("one, two")
          .returns(ErrorCode.NO_GUEST, refusal -> refusal.code());
    }
  }
}
