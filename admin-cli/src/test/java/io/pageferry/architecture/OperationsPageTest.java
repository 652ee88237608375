package io.pageferry.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.migration.ErrorCode;
import io.pageferry.node.DestMain;
import io.pageferry.node.NodeMain;
import io.pageferry.node.SourceMain;
import io.pageferry.rpc.ErrorStatus;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.CommandSpec;

/** {@code docs/operations.md} says what the code does. */
class OperationsPageTest {
  private static final Set<String> STANDARD_OPTIONS = Set.of("--config", "--help", "--version");

  @Test
  void everyErrorCodeIsListedWithItsStatusAndExitCode() throws IOException {
    List<String> expected =
        Arrays.stream(ErrorCode.values())
            .map(code ->
                "%s %s %d"
                    .formatted(code, ErrorStatus.statusCode(code), ExitCode.of(code).number()))
            .toList();
    assertThat(OperationsPage.rows("## Error codes").map(row -> plain(row.subList(0, 3))).toList())
        .isEqualTo(expected);
  }

  @Test
  void everyExitCodeIsListed() throws IOException {
    assertThat(OperationsPage.rows("## Exit codes").map(row -> plain(row.subList(0, 2))).toList())
        .isEqualTo(
            Arrays.stream(ExitCode.values()).map(code -> code.number() + " " + code).toList());
  }

  @Test
  void everySettingIsListedWithItsNamesAndDefault() throws IOException {
    assertSettings("### Source daemon", SourceMain.class);
    assertSettings("### Destination daemon", DestMain.class);
    assertSettings("### Node", NodeMain.class);
  }

  private static void assertSettings(String heading, Class<?> command) throws IOException {
    List<String> expected =
        CommandSpec.forAnnotatedObject(command).options().stream()
            .filter(option -> !STANDARD_OPTIONS.contains(option.longestName()))
            .map(option -> {
              String key = option.longestName().substring(2);
              String variable = "PAGEFERRY_" + key.replace('-', '_').toUpperCase(Locale.ROOT);
              String standard = option.defaultValue();
              return "--%s %s %s %s"
                  .formatted(key, variable, key, standard == null ? standardOf(key) : standard);
            })
            .toList();
    assertThat(OperationsPage.rows(heading).map(row -> plain(row.subList(0, 4))).toList())
        .as(heading)
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  /** Of the options without a constant default. */
  private static String standardOf(String key) {
    return switch (key) {
      case "advertise" -> "that of --listen";
      case "max-drain-bandwidth" -> "no limit";
      default -> "what the host has";
    };
  }

  private static String plain(List<String> cells) {
    return cells.stream().map(OperationsPage::bare).collect(Collectors.joining(" "));
  }
}
