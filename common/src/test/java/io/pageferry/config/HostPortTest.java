package io.pageferry.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

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
    "[fe80::1%eth0]:80, fe80::1%eth0, 80"
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
        "a b:7000"
      })
  void refusesAnythingElse(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostPort.parse(text))
        .withMessageEndingWith(".");
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
