package io.pageferry.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.Size;
import io.pageferry.cli.view.Text;
import io.pageferry.proto.v1.ErrorCode;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WatchViewTest {
  private static final Size SMALL = new Size(80, 24);
  private static final Size LARGE = new Size(200, 50);

  private static List<String> render(WatchFrame frame, Size size) {
    return WatchView.render(frame, size, Palette.PLAIN);
  }

  /** The picture in a file beside this class. */
  private static void assertLooksAs(String name, List<String> lines) {
    try (InputStream file = WatchViewTest.class.getResourceAsStream(name)) {
      String expected =
          new String(Objects.requireNonNull(file, name).readAllBytes(), StandardCharsets.UTF_8);
      assertThat(String.join("\n", lines.stream().map(String::stripTrailing).toList()))
          .isEqualTo(expected.stripTrailing());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static WatchFrame still(Observation look) {
    return new WatchFrame(look, look, List.of());
  }

  @Test
  void onASmallScreenAMigrationUnderWayIsShownWhole() {
    assertLooksAs("midway-80x24.txt", render(Looks.midway(2), SMALL));
  }

  @Test
  void onALargeScreenThereAreHigherChartsAndVcpusSideBySide() {
    assertLooksAs("midway-200x50.txt", render(Looks.midway(16), LARGE));
  }

  @Test
  void beforeAMigrationTheGuestIsShownAndWhatComesNext() {
    Observation look =
        new Observation(
            0, Looks.source(Looks.idleSource(2)), Looks.destination(Looks.idleDestination()));
    assertLooksAs("before-80x24.txt", render(still(look), SMALL));
  }

  @Test
  void afterAMigrationNothingHappensNowAndTheDigestsAreCompared() {
    Observation look =
        new Observation(
            0,
            Looks.source(Looks.source(Phase.PHASE_COMPLETED, 10_000)),
            Looks.destination(Looks.destination(Phase.PHASE_COMPLETED, 10_000, 2)));
    assertLooksAs("after-80x24.txt", render(Looks.frame(look, look), SMALL));
  }

  @Test
  void whileADaemonIsSilentItsLastWordsAreShownWithTheirAge() {
    Seen silent =
        new Seen(
            "127.0.0.1:7401",
            Looks.source(Phase.PHASE_POSTCOPY_ACTIVE, 4_000),
            7_300 * Looks.MILLIS,
            "Cannot reach the source daemon at 127.0.0.1:7401; start it with 'ferry source' or name"
                + " its address with --source.");
    Observation now =
        new Observation(
            0, silent, Looks.destination(Looks.destination(Phase.PHASE_POSTCOPY_ACTIVE, 4_000, 2)));
    assertLooksAs("silent-80x24.txt", render(Looks.frame(now, now), SMALL));
  }

  @Test
  void withNeitherDaemonThereIsNothingButTheWayToThem() {
    Seen source = new Seen("127.0.0.1:7401", null, 0, "Cannot reach the source daemon.");
    Seen destination = new Seen("127.0.0.1:7402", null, 0, "Cannot reach the destination daemon.");
    assertThat(render(still(new Observation(0, source, destination)), SMALL))
        .anyMatch(line -> line.contains("source") && line.contains("no answer"))
        .contains("Cannot reach the source daemon.", "Cannot reach the destination daemon.");
  }

  @Test
  void aPausedMigrationSaysWhyAndWhatToDo() {
    Status paused = Looks.destination(Phase.PHASE_POSTCOPY_PAUSED, 4_000, 2);
    MigrationStatus migration =
        paused.getMigration().toBuilder()
            .setReasonCode(ErrorCode.ERROR_CODE_LANE_LOST)
            .setReason("The drain lane was lost.")
            .build();
    Observation look =
        new Observation(
            0,
            Looks.source(Looks.source(Phase.PHASE_POSTCOPY_PAUSED, 4_000)),
            Looks.destination(paused.toBuilder().setMigration(migration).build()));
    assertLooksAs("paused-80x24.txt", render(Looks.frame(look, look), SMALL));
  }

  @Test
  void whenTheSourceIsGoneTheDestinationTellsThatTheMigrationIsPaused() {
    Seen gone =
        new Seen(
            "127.0.0.1:7401",
            Looks.source(Phase.PHASE_POSTCOPY_ACTIVE, 4_000),
            3_000 * Looks.MILLIS,
            "Cannot reach the source daemon.");
    Observation now =
        new Observation(
            0, gone, Looks.destination(Looks.destination(Phase.PHASE_POSTCOPY_PAUSED, 4_000, 2)));
    List<String> lines = render(Looks.frame(now, now), SMALL);
    assertThat(lines.getFirst()).contains("POSTCOPY_PAUSED");
    assertThat(lines).anyMatch(line -> line.contains("Nothing arrives any more"));
    assertThat(lines).noneMatch(line -> line.contains("in flight"));
  }

  @ParameterizedTest
  @CsvSource({"80,24", "200,50", "60,10", "40,5", "30,1", "500,200"})
  void noLineIsTooWideAndNoScreenTooFullWhateverItsSize(int columns, int rows) {
    List<String> lines =
        WatchView.render(Looks.midway(64), new Size(columns, rows), new Palette(true));
    assertThat(lines).hasSizeLessThanOrEqualTo(rows).isNotEmpty();
    assertThat(lines).allMatch(line -> Text.columns(line) <= columns);
  }

  @Test
  void whereRowsAreFewTheMostImportantPartsStay() {
    List<String> lines = render(Looks.midway(2), new Size(80, 8));
    assertThat(lines).anyMatch(line -> line.contains("POSTCOPY_ACTIVE"));
    assertThat(lines).anyMatch(line -> line.startsWith("pages"));
    assertThat(lines).noneMatch(line -> line.startsWith("moved"));
  }
}
