package io.pageferry.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.daemon.DaemonMeters;
import io.pageferry.dest.DestMain;
import io.pageferry.migration.ErrorCode;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.source.SourceMain;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.CommandSpec;

/** {@code docs/operations.md} says what the code does. */
class OperationsPageTest {
  private static final Set<String> STANDARD_OPTIONS = Set.of("--config", "--help", "--version");
  private static final Pattern SAMPLE = Pattern.compile("(pageferry_\\w+?)(?:\\{(.*)})? \\S+");

  @Test
  void everyErrorCodeIsListedWithItsStatusAndExitCode() throws IOException {
    List<String> expected =
        Arrays.stream(ErrorCode.values())
            .map(code ->
                "%s %s %d"
                    .formatted(code, ErrorStatus.statusCode(code), ExitCode.of(code).number()))
            .toList();
    assertThat(rows("## Error codes").map(row -> plain(row.subList(0, 3))).toList())
        .isEqualTo(expected);
  }

  @Test
  void everyExitCodeIsListed() throws IOException {
    assertThat(rows("## Exit codes").map(row -> plain(row.subList(0, 2))).toList())
        .isEqualTo(
            Arrays.stream(ExitCode.values()).map(code -> code.number() + " " + code).toList());
  }

  @Test
  void everyMetricIsListedWithItsTypeAndLabels() throws IOException {
    for (Role role : List.of(Role.ROLE_SOURCE, Role.ROLE_DESTINATION)) {
      String daemon = role == Role.ROLE_SOURCE ? "source" : "destination";
      Map<String, String> listed =
          rows("## Metrics")
              .filter(row -> row.size() == 7)
              .filter(row -> row.get(2).equals("both") || row.get(2).equals(daemon))
              .collect(
                  Collectors.toMap(
                      row -> bare(row.getFirst()),
                      row -> row.get(1) + " " + bare(row.get(3)).replace("–", ""),
                      (first, second) -> first,
                      TreeMap::new));
      assertThat(listed).as(daemon).isEqualTo(exported(role));
    }
  }

  /** Type and labels of each metric by its name, as scraped. */
  private static Map<String, String> exported(Role role) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    new DaemonMeters(registry, role, Status::getDefaultInstance).registerVcpus(1);
    Map<String, String> metrics = new TreeMap<>();
    String name = "";
    String type = "";
    for (String line : registry.scrape().lines().toList()) {
      if (line.startsWith("# TYPE ")) {
        name = line.split(" ", -1)[2];
        type = line.split(" ", -1)[3];
      }
      Matcher sample = SAMPLE.matcher(line);
      if (sample.matches()) {
        metrics.put(name, type + " " + labels(sample.group(2)));
      }
    }
    registry.close();
    return metrics;
  }

  private static String labels(String pairs) {
    if (pairs == null) {
      return "";
    }
    Set<String> names = new TreeSet<>();
    for (String pair : pairs.split(",", -1)) {
      names.add(pair.substring(0, pair.indexOf('=')));
    }
    names.remove("le");
    return String.join(" ", names);
  }

  @Test
  void everySettingIsListedWithItsNamesAndDefault() throws IOException {
    assertSettings("### Source daemon", SourceMain.class);
    assertSettings("### Destination daemon", DestMain.class);
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
                  .formatted(key, variable, key, standard == null ? "that of --listen" : standard);
            })
            .toList();
    assertThat(rows(heading).map(row -> plain(row.subList(0, 4))).toList())
        .as(heading)
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  /** Cells of the rows of the tables under a heading, up to the next one, without the head. */
  private static Stream<List<String>> rows(String heading) throws IOException {
    List<String> lines =
        Files.readAllLines(Code.repository().resolve("docs").resolve("operations.md"));
    int start = lines.indexOf(heading);
    assertThat(start).as("the heading %s", heading).isNotNegative();
    return lines.subList(start + 1, lines.size()).stream()
        .takeWhile(line -> !line.startsWith("## ") && !line.startsWith("### "))
        .filter(line -> line.startsWith("| `") || line.matches("\\| \\d.*"))
        .map(line -> Arrays.stream(line.split("\\|", -1)).skip(1).map(String::strip).toList());
  }

  private static String plain(List<String> cells) {
    return cells.stream().map(OperationsPageTest::bare).collect(Collectors.joining(" "));
  }

  private static String bare(String cell) {
    return cell.replace("`", "");
  }
}
