package io.pageferry.bench.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NamespacesTest {
  @BeforeEach
  void assumeThatTheyArePossible() {
    Optional<String> obstacle = Namespaces.obstacle();
    assumeTrue(obstacle.isEmpty(), () -> obstacle.orElse(""));
  }

  @Test
  void comeWithTheirAddressesAndGo() throws Exception {
    Namespaces namespaces = Namespaces.create("reno", OptionalLong.of(1_000_000_000));
    try (namespaces) {
      for (Namespaces.Host host : List.of(namespaces.source(), namespaces.destination())) {
        assertThat(output(List.of("ip", "netns", "list"))).contains(host.namespace());
        assertThat(host.namespace()).contains("-" + ProcessHandle.current().pid() + "-");
        assertThat(output(host.command(List.of("ip", "-brief", "address"))))
            .contains(host.address() + "/24");
        assertThat(InetAddress.getByName(host.controlAddress()).isReachable(2_000)).isTrue();
        assertThat(output(host.command(List.of("tc", "qdisc", "show"))))
            .contains("tbf")
            .contains("rate 1Gbit");
        assertThat(output(host.command(List.of("sysctl", "-n", "net.ipv4.tcp_congestion_control"))))
            .isEqualTo("reno\n");
      }
    }
    namespaces.close();
    assertThat(output(List.of("ip", "netns", "list")))
        .doesNotContain(namespaces.source().namespace())
        .doesNotContain(namespaces.destination().namespace());
  }

  @Test
  void leaveNothingBehindWhenTheyCannotBeMade() throws Exception {
    String before = output(List.of("ip", "netns", "list"));
    try (Namespaces namespaces = Namespaces.create("no-such-algorithm", OptionalLong.empty())) {
      throw new AssertionError("Made " + namespaces.source() + " all the same.");
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("no-such-algorithm");
    }
    assertThat(output(List.of("ip", "netns", "list"))).isEqualTo(before);
  }

  private static String output(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
