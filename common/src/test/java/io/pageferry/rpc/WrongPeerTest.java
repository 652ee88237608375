package io.pageferry.rpc;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.BindableService;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import io.pageferry.config.HostPort;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.GetVersionRequest;
import io.pageferry.proto.v1.GetVersionResponse;
import io.pageferry.proto.v1.Role;
import io.pageferry.telemetry.PrometheusRegistries;
import io.pageferry.telemetry.TelemetryServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WrongPeerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** A TCP server that says something to whoever comes, and then hangs up or stays. */
  private static final class Speaker implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());

    Speaker(@Nullable String words, boolean stays) throws IOException {
      Thread.ofVirtual()
          .start(() -> {
            while (!server.isClosed()) {
              try {
                Socket client = server.accept();
                if (words != null) {
                  client.getOutputStream().write(words.getBytes(ISO_8859_1));
                }
                if (!stays) {
                  client.shutdownOutput();
                }
              } catch (IOException _) {
                // The client has gone, or the test is over.
              }
            }
          });
    }

    HostPort address() {
      return new HostPort("127.0.0.1", server.getLocalPort());
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'SSH-2.0-OpenSSH_9.9\r\n', true, an SSH server",
    "'\u0015\u0003\u0001\u0000\u0002\u0002F', false, a TLS server",
    "'HTTP/1.1 400 Bad Request\r\n\r\n', false, an HTTP/1 server",
    "'220 \u001b[2Jmail\r\n', true, '(\"220 \\u001b[2Jmail\")'",
    ", true, says nothing",
    ", false, without a word"
  })
  void whatIsNoDaemonIsCalledWhatItIs(@Nullable String words, boolean stays, String found)
      throws IOException {
    try (Speaker speaker = new Speaker(words, stays)) {
      assertThat(WrongPeer.notADaemon(speaker.address()))
          .hasValueSatisfying(sentence ->
              assertThat(sentence)
                  .startsWith(speaker.address() + " is no PageFerry daemon that answers: ")
                  .contains(found));
    }
  }

  @Test
  void aMetricsPortIsOne() {
    try (TelemetryServer metrics =
        new TelemetryServer(
            new HostPort("127.0.0.1", 0), PrometheusRegistries.create(), Optional::empty)) {
      metrics.start();
      assertThat(WrongPeer.notADaemon(new HostPort("127.0.0.1", metrics.port())).orElseThrow())
          .contains("a daemon's metrics");
    }
  }

  @Test
  void aDaemonOfTheOtherKindIsCalledThatAndTheRightOneNothing() {
    BindableService source =
        new AdminServiceGrpc.AdminServiceImplBase() {
          @Override
          public void getVersion(
              GetVersionRequest request, StreamObserver<GetVersionResponse> observer) {
            observer.onNext(GetVersionResponse.newBuilder().setRole(Role.ROLE_SOURCE).build());
            observer.onCompleted();
          }
        };
    assertThat(described(List.of(source), Role.ROLE_DESTINATION))
        .hasValueSatisfying(found ->
            assertThat(found).endsWith("is a source daemon, and not a destination daemon"));
    assertThat(described(List.of(source), Role.ROLE_SOURCE)).isEmpty();
    assertThat(described(List.of(), Role.ROLE_SOURCE))
        .hasValueSatisfying(found -> assertThat(found).contains("a gRPC server"));
  }

  private static Optional<String> described(List<BindableService> services, Role expected) {
    HostPort any = new HostPort("127.0.0.1", 0);
    try (RpcServer server = new RpcServer(any.toSocketAddress(), services, List.of())) {
      server.start();
      HostPort address = any.withPort(server.port());
      await().atMost(PATIENCE).until(() -> WrongPeer.notADaemon(address).isEmpty());
      try (RpcChannel channel = new RpcChannel("test", address.toString(), false)) {
        // Once it is connected, on a busy machine too, the question for the role has its time.
        var _ =
            HealthGrpc.newBlockingStub(channel.channel())
                .check(HealthCheckRequest.getDefaultInstance());
        return WrongPeer.describe(address, channel.channel(), expected, Status.UNIMPLEMENTED);
      }
    }
  }

  @Test
  void ofAPortWhereNobodyListensThereIsNothingToSay() throws IOException {
    HostPort address;
    try (Speaker speaker = new Speaker(null, true)) {
      address = speaker.address();
    }
    // The system closes the port once the thread that accepts has noticed.
    await().atMost(PATIENCE).until(() -> WrongPeer.notADaemon(address).isEmpty());
  }
}
