package io.pageferry.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.cli.ExitCode;
import io.pageferry.daemon.DaemonMeters;
import io.pageferry.daemon.StatusMessages;
import io.pageferry.dest.DestMain;
import io.pageferry.migration.ErrorCode;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.source.SourceMain;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Option;

/** The tables of docs/operations.md list exactly what the code has. */
class OperationsPageTest {
  private final List<List<String>> rows = rows();

  @Test
  void everyMetricIsListedWithItsType() {
    assertThat(listed("pageferry_.*"))
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(Role.ROLE_SOURCE, Role.ROLE_DESTINATION)
                .flatMap(OperationsPageTest::metrics)
                .distinct()
                .toList());
  }

  /** Name and type of what a daemon of that role exports. */
  private static Stream<String> metrics(Role role) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    new DaemonMeters(registry, role, Status::getDefaultInstance).registerVcpus(1);
    String scrape = registry.scrape();
    registry.close();
    return scrape
        .lines()
        .filter(line -> line.startsWith("# TYPE "))
        .map(line -> line.substring("# TYPE ".length()))
        .toList()
        .stream();
  }

  @Test
  void everyErrorCodeIsListedWithItsStatusAndExitCode() {
    assertThat(listed("[A-Z][A-Z_]+"))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(ErrorCode.values())
                .map(code ->
                    code.name()
                        + " "
                        + ErrorStatus.statusCode(code)
                        + " "
                        + ExitCode.of(StatusMessages.errorCode(code)).number())
                .toList());
  }

  @Test
  void everySettingOfADaemonIsListedWithItsVariableAndDefault() {
    assertThat(listed("--.*"))
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(SourceMain.class, DestMain.class)
                .flatMap(OperationsPageTest::settings)
                .toList());
  }

  private static Stream<String> settings(Class<?> command) {
    return Arrays.stream(command.getDeclaredFields())
        .map(field -> field.getAnnotation(Option.class))
        .filter(option -> option != null)
        .map(option -> {
          String key = option.names()[0].substring(2);
          String variable = "PAGEFERRY_" + key.replace('-', '_').toUpperCase(Locale.ROOT);
          String value = option.defaultValue().equals("_NULL_") ? "" : option.defaultValue();
          return "--%s %s %s".formatted(key, variable, value.isEmpty() ? "none" : value);
        });
  }

  @Test
  void everyExitCodeIsListed() {
    assertThat(listed("\\d+"))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(ExitCode.values()).map(code -> code.number() + " " + code).toList());
  }

  /**
   * The rows whose first cell matches: that cell and as many of the next as are code, without their
   * back-quotes.
   */
  private List<String> listed(String firstCell) {
    List<String> found = new ArrayList<>();
    for (List<String> row : rows) {
      List<String> code =
          row.stream().takeWhile(OperationsPageTest::isCode).map(cell -> unquoted(cell)).toList();
      if (!code.isEmpty() && code.getFirst().matches(firstCell)) {
        found.add(String.join(" ", code));
      }
    }
    return found;
  }

  private static boolean isCode(String cell) {
    return cell.matches("`[^`]*`");
  }

  private static String unquoted(String cell) {
    return cell.substring(1, cell.length() - 1);
  }

  private static List<List<String>> rows() {
    try (Stream<String> lines = Files.lines(Code.repository().resolve("docs/operations.md"))) {
      return lines
          .filter(line -> line.startsWith("| "))
          .map(line ->
              Arrays.stream(line.substring(2).split("\\|", -1)).map(String::strip).toList())
          .toList();
    } catch (IOException e) {
      throw new IllegalStateException("docs/operations.md cannot be read.", e);
    }
  }
}
