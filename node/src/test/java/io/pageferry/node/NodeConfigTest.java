package io.pageferry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.pageferry.config.HostPort;
import io.pageferry.daemon.guest.GuestLimits;
import io.pageferry.dest.DestConfig;
import io.pageferry.proto.v1.Role;
import io.pageferry.source.SourceConfig;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeConfigTest {
  private static NodeConfig config(Role role, String listen, String advertise) {
    return new NodeConfig(
        role,
        HostPort.parse(listen),
        HostPort.parse("127.0.0.1:0"),
        advertise.isEmpty() ? null : HostPort.parse(advertise),
        GuestLimits.DEFAULT,
        Duration.ZERO,
        SourceConfig.DEFAULT,
        DestConfig.DEFAULT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:7401", "[::]:7401"})
  void whoeverServesPagesAndListensEverywhereMustSayWhereItIs(String everywhere) {
    for (Role role : new Role[] {Role.ROLE_SOURCE, Role.ROLE_NODE}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> config(role, everywhere, ""))
          .withMessageContaining("add --advertise HOST:PORT.");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> config(role, "127.0.0.1:7401", everywhere))
          .withMessageContaining("stands for every address of a host");
      assertThatIllegalArgumentException().isThrownBy(() -> config(role, everywhere, "source:0"));
      assertThat(config(role, everywhere, "source:7401").advertise()).hasToString("source:7401");
    }
    assertThat(config(Role.ROLE_DESTINATION, everywhere, "").advertise()).isNull();
  }
}
