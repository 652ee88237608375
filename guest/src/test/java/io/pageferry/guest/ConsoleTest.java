package io.pageferry.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class ConsoleTest {
  private final Console console = new Console();

  @Test
  void anOffsetBeyondTheEndIsTheEnd() {
    assertThat(console.clamp(Long.MAX_VALUE)).isZero();
    assertThat(console.read(Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void aNegativeOffsetIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> console.read(-1))
        .withMessageContaining("counts from 0");
  }
}
