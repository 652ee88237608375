package io.pageferry.dest;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.pageferry.config.HostPort;
import io.pageferry.guest.MachineSpec;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.MemorySlot;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.MigrationServiceGrpc;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.VersionRange;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.telemetry.PrometheusRegistries;
import io.pageferry.telemetry.TelemetryServer;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sources that are older, or hostile, or not where they say, are refused in Prepare. */
class WrongSourceTest {
  private final DestHarness daemon = new DestHarness();
  private final RpcChannel channel;

  WrongSourceTest() {
    channel = new RpcChannel("test-control", daemon.address().toString(), false);
  }

  @AfterEach
  void close() {
    channel.close();
    daemon.close();
  }

  private PageFerryException refusal(String guestName, String pageService) {
    PrepareRequest request =
        PrepareRequest.newBuilder()
            .setMigration(
                MigrationRef.newBuilder()
                    .setMigrationId(UUID.randomUUID().toString())
                    .setGuestId(UUID.randomUUID().toString())
                    .setEpoch(2))
            .setVersions(
                VersionRange.newBuilder()
                    .setMinimum(ProtocolVersions.SPOKEN.minimum())
                    .setMaximum(ProtocolVersions.SPOKEN.maximum()))
            .setGuestName(guestName)
            .setVcpuCount(1)
            .setPageSizeBytes(4096)
            .addSlots(
                MemorySlot.newBuilder()
                    .setGuestPhysicalAddress(MachineSpec.RAM_BASE)
                    .setSizeBytes(1 << 20))
            .setPageServiceAddress(pageService)
            .build();
    try {
      var _ = MigrationServiceGrpc.newBlockingStub(channel.channel()).prepare(request);
    } catch (StatusRuntimeException e) {
      return ErrorStatus.fromPeer(e).orElseThrow(() -> new AssertionError("Not a refusal.", e));
    }
    throw new AssertionError("The migration was not refused.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:7401", "[::]:7401", "127.0.0.1:0", "nowhere"})
  void anAddressThatNobodyCanConnectTo(String address) {
    assertThat(refusal("guest", address).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void aNameThatTheStateHasNoRoomForOrThatCommandsATerminal() {
    assertThat(refusal("x".repeat(300), "127.0.0.1:7401"))
        .hasMessageContaining("at most 256 bytes")
        .returns(ErrorCode.INVALID_ARGUMENT, PageFerryException::code);
    assertThat(refusal("a\u001b[2J", "127.0.0.1:7401"))
        .hasMessageContaining("a\\u001b[2J")
        .returns(ErrorCode.INVALID_ARGUMENT, PageFerryException::code);
  }

  @Test
  void aSourceThatAdvertisesItsMetricsPort() {
    try (TelemetryServer metrics =
        new TelemetryServer(
            new HostPort("127.0.0.1", 0), PrometheusRegistries.create(), Optional::empty)) {
      metrics.start();
      assertThat(refusal("guest", "127.0.0.1:" + metrics.port()))
          .hasMessageContaining("an HTTP/1 server listens there")
          .hasMessageContaining("--advertise");
    }
  }

  @Test
  void aSourceThatAdvertisesADestination() {
    assertThat(refusal("guest", daemon.address().toString()))
        .hasMessageContaining("is a destination daemon, and not a source daemon");
  }
}
