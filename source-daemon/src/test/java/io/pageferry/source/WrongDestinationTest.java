package io.pageferry.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.pageferry.config.DataSize;
import io.pageferry.config.HostPort;
import io.pageferry.migration.ErrorCode;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.Phase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
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
    String itself = source.daemon.address().toString();
    assertThat(reasonOfMigratingTo(itself))
        .startsWith(itself + " is a source daemon, and not a destination daemon; name");
  }

  @Test
  void aMetricsPortIsNoDestination() {
    assertThat(reasonOfMigratingTo(source.daemon.metricsAddress().toString()))
        .contains("an HTTP/1 server listens there");
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

  private static SourceConfig config(String listen, String advertise) {
    return new SourceConfig(
        HostPort.parse(listen),
        HostPort.parse("127.0.0.1:0"),
        advertise.isEmpty() ? null : HostPort.parse(advertise),
        DataSize.ofMebibytes(8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:7401", "[::]:7401"})
  void aSourceThatListensEverywhereMustSayWhereItIs(String everywhere) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config(everywhere, ""))
        .withMessageContaining("add --advertise HOST:PORT.");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config("127.0.0.1:7401", everywhere))
        .withMessageContaining("stands for every address of a host");
    assertThatIllegalArgumentException().isThrownBy(() -> config(everywhere, "source:0"));
    assertThat(config(everywhere, "source:7401").advertise()).hasToString("source:7401");
  }
}
