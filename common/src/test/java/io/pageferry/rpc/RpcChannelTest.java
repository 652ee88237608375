package io.pageferry.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.pageferry.config.HostPort;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RpcChannelTest {
  private static ServingStatus health(Channel channel) {
    return HealthGrpc.newBlockingStub(channel)
        .withDeadlineAfter(30, TimeUnit.SECONDS)
        .check(HealthCheckRequest.getDefaultInstance())
        .getStatus();
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 127.0.0.1",
    "127.0.0.1, 127.1",
    "127.0.0.1, 2130706433",
    "127.0.0.1, ::ffff:127.0.0.1",
    "127.0.0.1, localhost",
    "127.0.0.1, dotted.test.",
    "127.0.0.1, under_score.test",
    "127.0.0.1, first-is-dead.test",
    "::1, ::1",
    "::1, 0:0::1",
    "::1, ::1%lo",
    "localhost, localhost",
    "0.0.0.0, 127.0.0.1",
    "::, ::1",
    "::, 127.0.0.1"
  })
  void reachesEveryFormOfAnAddressThatTheSystemKnows(String listen, String connect) {
    HostPort any = new HostPort(listen, 0);
    try (RpcServer server = new RpcServer(any.toSocketAddress(), List.of(), List.of())) {
      server.start();
      HostPort address = new HostPort(connect, server.port());
      try (RpcChannel channel = new RpcChannel("test", address.toString(), false)) {
        assertThat(health(channel.channel())).isEqualTo(ServingStatus.SERVING);
        assertThat(channel.isConnected()).isTrue();
      }
      ManagedChannel shared = RpcChannel.shared(address);
      assertThat(health(shared)).isEqualTo(ServingStatus.SERVING);
      shared.shutdownNow();
    }
  }

  @Test
  void aNameThatNobodyKnowsIsSaidToBeUnknown() {
    try (RpcChannel channel = new RpcChannel("test", "no_such_host.invalid:7000", false)) {
      assertThatThrownBy(() -> health(channel.channel()))
          .hasMessageContaining("no_such_host.invalid is not known");
    }
  }

  @Test
  void whatIsForListeningOnlyIsNoPeer() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RpcChannel("test", "127.0.0.1:0", false));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RpcChannel.shared(new HostPort("::", 7000)));
  }
}
