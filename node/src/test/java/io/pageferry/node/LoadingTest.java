package io.pageferry.node;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.pageferry.host.HostMemory;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.pageferry.proto.v1.GetStatusRequest;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.UnloadGuestRequest;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guest whose load takes as long as the test likes: this host's memory is told by a pipe. */
@Timeout(120)
class LoadingTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final LoadGuestRequest GUEST =
      LoadGuestRequest.newBuilder()
          .setName("one")
          .setBundledProgram("counter")
          .setVcpuCount(1)
          .setMemoryBytes(16 << 20)
          .build();

  @TempDir private Path host = Path.of("");
  private NodeDaemon daemon;
  private RpcChannel channel;

  @BeforeEach
  void start() throws Exception {
    Files.createDirectories(host.resolve("proc/self"));
    Files.createFile(host.resolve("proc/self/cgroup"));
    Process maker = new ProcessBuilder("mkfifo", host.resolve("proc/meminfo").toString()).start();
    assertThat(maker.waitFor()).isZero();
    daemon = new NodeDaemon(NodeConfig.onLoopback(Role.ROLE_SOURCE), HostMemory.under(host));
    daemon.start();
    channel = new RpcChannel("test-admin", daemon.address().toString(), false);
  }

  @AfterEach
  void close() throws IOException {
    channel.close();
    goOn();
    daemon.close();
  }

  /** Tells every load that waits how much memory there is. */
  private void goOn() throws IOException {
    try (RandomAccessFile pipe =
        new RandomAccessFile(host.resolve("proc/meminfo").toFile(), "rw")) {
      pipe.writeBytes("MemTotal: 8000000 kB\nMemAvailable: 8000000 kB\n");
    }
  }

  private AdminServiceBlockingStub admin() {
    return AdminServiceGrpc.newBlockingStub(channel.channel()).withDeadlineAfter(10, SECONDS);
  }

  private CompletableFuture<String> load() {
    return CompletableFuture.supplyAsync(
        () ->
            AdminServiceGrpc.newBlockingStub(channel.channel())
                .withDeadlineAfter(PATIENCE.toSeconds(), SECONDS)
                .loadGuest(GUEST)
                .getGuestId(),
        task -> Thread.ofPlatform().daemon().start(task));
  }

  /** Two of one name at once: as soon as one is refused, the other one is under way. */
  private CompletableFuture<String> beginLoad() {
    CompletableFuture<String> one = load();
    CompletableFuture<String> other = load();
    await().atMost(PATIENCE).until(() -> one.isDone() || other.isDone());
    boolean oneIsRefused = one.isDone();
    PageFerryException refusal = refusal(oneIsRefused ? one : other);
    assertThat(refusal.code()).isEqualTo(ErrorCode.GUEST_EXISTS);
    assertThat(refusal).hasMessageContaining("another guest that is called one");
    return oneIsRefused ? other : one;
  }

  private static ErrorCode errorOf(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      return ErrorStatus.fromPeer(e).orElseThrow().code();
    }
    throw new AssertionError("It was not refused.");
  }

  private static PageFerryException refusal(CompletableFuture<String> load) {
    try {
      throw new AssertionError("It was not refused: " + load.join());
    } catch (CompletionException e) {
      if (e.getCause() instanceof StatusRuntimeException status) {
        return ErrorStatus.fromPeer(status).orElseThrow();
      }
      throw e;
    }
  }

  @Test
  void statusAndMetricsAnswerWhileAGuestIsLoadedAndOtherCommandsAreRefused() throws Exception {
    CompletableFuture<String> loading = beginLoad();
    assertThat(admin().getStatus(GetStatusRequest.getDefaultInstance()).hasGuest()).isFalse();
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://" + daemon.metricsAddress() + "/metrics");
      HttpRequest scrape = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build();
      assertThat(client.send(scrape, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    }
    Runnable unload = () -> admin().unloadGuest(UnloadGuestRequest.getDefaultInstance());
    assertThat(errorOf(unload)).isEqualTo(ErrorCode.NO_GUEST);
    Runnable migrate = () -> admin().migrate(MigrateRequest.getDefaultInstance());
    assertThat(errorOf(migrate)).isEqualTo(ErrorCode.NO_GUEST);
    assertThat(loading.isDone()).isFalse();

    goOn();
    String id = loading.get(PATIENCE.toSeconds(), SECONDS);
    assertThat(admin().getStatus(GetStatusRequest.getDefaultInstance()).getGuest().getGuestId())
        .isEqualTo(id);
  }

  @Test
  void aDaemonEndsWhileAGuestIsLoaded() throws Exception {
    var _ = beginLoad();
    Thread end =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                daemon.finish(Duration.ZERO);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              assertThat(daemon.loss()).isEmpty();
              daemon.close();
            });
    assertThat(end.join(Duration.ofSeconds(30))).as("The daemon has ended.").isTrue();
  }

  @Test
  void aGuestThatIsLoadedWhenTheDaemonWasToldToEndIsNotKept() throws Exception {
    CompletableFuture<String> loading = beginLoad();
    daemon.finish(Duration.ZERO);
    goOn();
    assertThat(refusal(loading).code()).isEqualTo(ErrorCode.SHUTTING_DOWN);
    assertThat(daemon.loss()).isEmpty();
  }
}
