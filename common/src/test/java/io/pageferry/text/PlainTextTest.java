package io.pageferry.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainTextTest {
  @Test
  void whatPeopleWriteStaysAsItIs() {
    String text = "Überfahrt nach Ωmega, 渡し船 \"42\" 🛶";
    assertThat(PlainText.of(text)).isSameAs(text);
    assertThat(GuestName.checked(text)).isEqualTo(text);
  }

  @Test
  void whatCommandsATerminalOrBreaksALineIsSpelledOut() {
    assertThat(PlainText.of("a\u001b[2Jb\nc\u009bd\u202ee\u2028f\u0000"))
        .isEqualTo("a\\u001b[2Jb\\u000ac\\u009bd\\u202ee\\u2028f\\u0000");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "\u001b", "渡", "🛶"})
  void aTextOfAnyLengthIsCutInItsMiddle(String unit) {
    String text = "start" + unit.repeat(1_000_000) + "end";
    assertThat(PlainText.of(text))
        .hasSizeLessThanOrEqualTo(PlainText.LONGEST)
        .startsWith("start")
        .contains("…")
        .endsWith("end")
        .matches(PlainText::isPlain, "is plain");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\u001b[31m", "a\nb", "a\u202eb", "\u0000", " "})
  void aNameThatDoesNotShowWhatItIsIsRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GuestName.checked(name))
        .withMessageStartingWith("A guest's name ")
        .matches(e -> PlainText.isPlain(String.valueOf(e.getMessage())), "is plain itself");
  }

  @Test
  void aNameHasAsManyBytesAsAGuestsStateHasRoomFor() {
    assertThat(GuestName.checked("ü".repeat(128))).hasSize(128);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GuestName.checked("ü".repeat(128) + "u"))
        .withMessage("A guest's name has at most 256 bytes in UTF-8; this one has 257.");
  }
}
