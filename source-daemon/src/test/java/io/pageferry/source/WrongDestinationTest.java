package io.pageferry.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.HostPort;
import io.pageferry.migration.ErrorCode;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.Phase;
import io.pageferry.telemetry.PrometheusRegistries;
import io.pageferry.telemetry.TelemetryServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses and names that cannot be right are told apart where they are given. */
class WrongDestinationTest {
  private final SourceHarness source = new SourceHarness();

  @AfterEach
  void close() {
    source.close();
  }

  private String reasonOfMigratingTo(String address) {
    source.runGuest();
    source.migrateTo(address);
    String reason = source.awaitPhase(Phase.PHASE_FAILED).getMigration().getReason();
    source.assertGuestRunsOn();
    return reason;
  }

  @Test
  void aSourceIsNoDestinationItselfIncluded() {
    String itself = source.address().toString();
    assertThat(reasonOfMigratingTo(itself))
        .startsWith(itself + " is a source daemon, and not a destination daemon; name");
  }

  @Test
  void aMetricsPortIsNoDestination() {
    try (TelemetryServer metrics =
        new TelemetryServer(
            new HostPort("127.0.0.1", 0), PrometheusRegistries.create(), Optional::empty)) {
      metrics.start();
      assertThat(reasonOfMigratingTo("127.0.0.1:" + metrics.port()))
          .contains("an HTTP/1 server listens there");
    }
  }

  @Test
  void aServerThatSaysNothingIsGivenUpBeforePrepareIsOverdue() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      assertThat(reasonOfMigratingTo("127.0.0.1:" + silent.getLocalPort()))
          .contains("takes a connection and says nothing");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:0", "somewhere", "256.1.1.1:7402"})
  void anAddressThatCannotBeRightStartsNoMigration(String address) {
    source.runGuest();
    assertThat(SourceHarness.errorOf(() -> source.migrateTo(address)))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(source.status().hasMigration()).isFalse();
  }

  @Test
  void aNameThatNoDestinationTakesIsRefusedWhenTheGuestIsLoaded() {
    for (String name : new String[] {"x".repeat(300), "a\u001b[31m", "a\nb"}) {
      assertThat(
              SourceHarness.errorOf(() ->
                  source.admin.loadGuest(
                      LoadGuestRequest.newBuilder()
                          .setName(name)
                          .setVcpuCount(1)
                          .setMemoryBytes(1 << 20)
                          .setBundledProgram("counter")
                          .build())))
          .isEqualTo(ErrorCode.INVALID_ARGUMENT);
      assertThat(source.status().hasGuest()).isFalse();
    }
  }
}
