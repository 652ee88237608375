package io.pageferry.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import io.pageferry.config.HostPort;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.MigrationServiceGrpc;
import io.pageferry.proto.v1.TransferStateRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RpcServerTest {
  private final RpcServer server = serverAt(0);

  private static RpcServer serverAt(int port) {
    return new RpcServer(
        new HostPort("127.0.0.1", port).toSocketAddress(),
        List.of(new MigrationServiceGrpc.MigrationServiceImplBase() {}),
        List.of());
  }

  @BeforeEach
  void start() {
    server.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private RpcChannel connect() {
    return new RpcChannel("test", "127.0.0.1:" + server.port(), false);
  }

  @Test
  void aPortInUseIsToldInOneSentence() {
    assertThatThrownBy(serverAt(server.port())::start)
        .isInstanceOfSatisfying(
            PageFerryException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PORT_IN_USE))
        .hasMessageStartingWith("The daemon cannot listen on 127.0.0.1:" + server.port())
        .hasMessageEndingWith("stop what uses the port or choose another with --listen.");
  }

  @Test
  void healthSaysThatItServes() {
    assertHealth(ServingStatus.SERVING);
  }

  @Test
  void healthSaysThatItDoesNotServeOnceItsEndIsAnnouncedThoughItStillAnswers() {
    server.announceEnd();
    assertHealth(ServingStatus.NOT_SERVING);
    server.announceEnd();
    assertHealth(ServingStatus.NOT_SERVING);
  }

  @Test
  void aDaemonIsReachedDirectlyWhereTheJvmHasAWebProxyThatDoesNotKnowIt() throws IOException {
    ProxySelector before = ProxySelector.getDefault();
    try (ServerSocket proxy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ProxySelector.setDefault(
          ProxySelector.of(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), proxy.getLocalPort())));
      assertHealth(ServingStatus.SERVING);
    } finally {
      ProxySelector.setDefault(before);
    }
  }

  private void assertHealth(ServingStatus expected) {
    try (RpcChannel channel = connect()) {
      assertThat(
              HealthGrpc.newBlockingStub(channel.channel())
                  .withDeadlineAfter(20, TimeUnit.SECONDS)
                  .check(HealthCheckRequest.getDefaultInstance())
                  .getStatus())
          .isEqualTo(expected);
    }
  }

  @Test
  void reflectionListsItsServices() throws Exception {
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    try (RpcChannel channel = connect()) {
      ServerReflectionGrpc.newStub(channel.channel())
          .serverReflectionInfo(
              new StreamObserver<>() {
                @Override
                public void onNext(ServerReflectionResponse response) {
                  answer.complete(response);
                }

                @Override
                public void onError(Throwable error) {
                  answer.completeExceptionally(error);
                }

                @Override
                public void onCompleted() {}
              })
          .onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
      assertThat(answer.get(30, TimeUnit.SECONDS).getListServicesResponse().getServiceList())
          .extracting(service -> service.getName())
          .contains("pageferry.v1.MigrationService", "grpc.health.v1.Health");
    }
  }

  @Test
  void aMessageOverTheLimitIsRefusedAndTheServerGoesOn() {
    TransferStateRequest tooLarge =
        TransferStateRequest.newBuilder()
            .setMachineState(ByteString.copyFrom(new byte[RpcServer.MAX_MESSAGE_BYTES + 1]))
            .build();
    try (RpcChannel channel = connect()) {
      var stub = MigrationServiceGrpc.newBlockingStub(channel.channel());
      assertThatThrownBy(() -> stub.transferState(tooLarge))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED));
    }
    assertHealth(ServingStatus.SERVING);
  }
}
