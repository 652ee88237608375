package io.pageferry.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.pageferry.text.PlainText;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {
  @ParameterizedTest
  @CsvSource({
    "localhost:7000, localhost, 7000",
    "127.0.0.1:0, 127.0.0.1, 0",
    "[::1]:65535, ::1, 65535",
    "[fe80::1%eth0]:80, fe80::1%eth0, 80",
    "[::ffff:127.0.0.1]:80, ::ffff:127.0.0.1, 80",
    "127.1:80, 127.1, 80",
    "my_host.example.:80, my_host.example., 80",
    "3com.example:80, 3com.example, 80"
  })
  void readsWhatItPrints(String text, String host, int port) {
    assertThat(HostPort.parse(text)).isEqualTo(new HostPort(host, port)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        ":7000",
        "localhost:",
        "localhost:http",
        "localhost:65536",
        "localhost:-1",
        "localhost:123456",
        "::1:7000",
        "[::1]",
        "[::1]7000",
        "[]:7000",
        "[localhost]:7000",
        "[::g]:7000",
        "[fe80::1%eth0/x]:7000",
        "256.0.0.1:7000",
        "1.2.3.4.5:7000",
        "010.0.0.1:7000",
        "0x7f.1:7000",
        "127.0.0.1.:7000",
        "-host:7000",
        "host/path:7000",
        "user@host:7000",
        "müller.example:7000",
        "a\u001b[31m:7000",
        "a b:7000"
      })
  void refusesAnythingElse(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostPort.parse(text))
        .withMessageEndingWith(".")
        .matches(e -> PlainText.isPlain(String.valueOf(e.getMessage())), "is plain");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:1", "0:1", "[::]:1", "[0::0]:1"})
  void knowsWhatStandsForEveryAddress(String text) {
    assertThat(HostPort.parse(text).isWildcard()).isTrue();
    assertThat(HostPort.parse("localhost:1").isWildcard()).isFalse();
    assertThat(HostPort.parse("[::1]:1").isWildcard()).isFalse();
  }

  @Test
  void nobodyConnectsToPortZeroOrEveryAddress() {
    assertThat(HostPort.parse("a:1").toConnectTo()).hasToString("a:1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostPort.parse("a:0").toConnectTo())
        .withMessageContaining("for listening only");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostPort.parse("0.0.0.0:1").toConnectTo())
        .withMessageContaining("every address");
  }

  @Test
  void anUnknownNameCannotBeListenedOn() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostPort.parse("no_such_host.invalid:0").toSocketAddress())
        .withMessageContaining("is not known here");
  }

  @Test
  void asksForBracketsAroundAnIpv6Address() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostPort.parse("::1:7000"))
        .withMessage("'::1:7000' is not an address; write host:port, such as localhost:7000.");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostPort.parse("fe80::1:7000"))
        .withMessageContaining("in brackets");
  }

  @Test
  void keepsItsHostWithAnotherPort() {
    assertThat(HostPort.parse("[::1]:0").withPort(9000)).hasToString("[::1]:9000");
  }
}
