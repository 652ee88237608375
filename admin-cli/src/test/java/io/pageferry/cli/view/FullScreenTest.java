package io.pageferry.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class FullScreenTest {
  private static final String ALTERNATE_SCREEN = "\u001b[?1049h";
  private static final String FORMER_SCREEN = "\u001b[?1049l";
  private static final String SHOW_CURSOR = "\u001b[?25h";
  private static final String CLEAR_SCREEN = "\u001b[2J";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final FullScreen screen =
      new FullScreen(new PrintStream(bytes, true, StandardCharsets.UTF_8));

  /** What was written since the last call. */
  private String written() {
    String text = bytes.toString(StandardCharsets.UTF_8);
    bytes.reset();
    return text;
  }

  @Test
  void itLeavesTheFormerScreenWithTheLastPictureBelowAndTheCursorVisible() {
    assertThat(written()).contains(ALTERNATE_SCREEN);
    screen.show(List.of("first"), new Size(80, 24));
    screen.show(List.of("last", "picture"), new Size(80, 24));
    var _ = written();
    screen.close();
    assertThat(written())
        .contains(SHOW_CURSOR)
        .endsWith(
            FORMER_SCREEN + "last" + System.lineSeparator() + "picture" + System.lineSeparator());
  }

  @Test
  void onceItIsClosedNothingIsDrawnAnyMore() {
    screen.close();
    var _ = written();
    screen.show(List.of("late"), new Size(80, 24));
    screen.close();
    assertThat(written()).isEmpty();
  }

  @Test
  void theScreenIsClearedWhenItsSizeHasChangedAndOnlyThen() {
    screen.show(List.of("a"), new Size(80, 24));
    assertThat(written()).contains(CLEAR_SCREEN);
    screen.show(List.of("b"), new Size(80, 24));
    assertThat(written()).doesNotContain(CLEAR_SCREEN).contains("b");
    screen.show(List.of("b"), new Size(81, 24));
    assertThat(written()).contains(CLEAR_SCREEN);
  }

  @Test
  void itNeverWritesMoreLinesThanTheScreenHasSoThatNothingScrolls() {
    screen.show(List.of("a", "b", "c", "d"), new Size(80, 2));
    assertThat(written())
        .contains("a", "b")
        .doesNotContain("c\u001b", "d\u001b")
        .doesNotContain("\n\n");
  }
}
