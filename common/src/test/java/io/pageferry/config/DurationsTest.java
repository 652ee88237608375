package io.pageferry.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
  @ParameterizedTest
  @CsvSource({
    "0s, 0",
    "250ns, 250",
    "5us, 5000",
    "500ms, 500000000",
    "2s, 2000000000",
    "90s, 90000000000",
    "1m, 60000000000",
    "2h, 7200000000000"
  })
  void readsWhatItPrints(String text, long nanos) {
    assertThat(Durations.parse(text)).isEqualTo(Duration.ofNanos(nanos));
    assertThat(Durations.format(Duration.ofNanos(nanos))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"1.5s, 1500ms", "5µs, 5us", "60s, 1m", "' 10 ms ', 10ms"})
  void readsOtherSpellings(String text, String canonical) {
    assertThat(Durations.format(Durations.parse(text))).isEqualTo(canonical);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "ms", "-1s", "1 minute", "0.5ns", "9999999999h", "PT1S"})
  void refusesAnythingElseInOneSentence(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Durations.parse(text))
        .withMessageStartingWith("'" + text + "' is not a duration; write a number with ns, us");
  }
}
