package io.pageferry.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.architecture.OperationsPage;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class AlertRulesTest {
  private static final Pattern EXPECTATION =
      Pattern.compile("- alertname: (\\w+)\\s+eval_time: .*\\s+exp_alerts:( \\[])?");

  private static String file(String name) {
    return AlertRules.DIRECTORY.resolve(name).toString();
  }

  @Test
  void prometheusAcceptsRulesAndConfiguration() throws Exception {
    Promtool.accepts("", "check", "rules", file("alerts.yml"));
    Promtool.accepts("", "check", "config", file("prometheus.yml"));
  }

  @Test
  void alertsFireWhenTheyShouldAndOnlyThen() throws Exception {
    Promtool.accepts("", "test", "rules", file("alerts_test.yml"));
  }

  @Test
  void everyAlertIsTestedToFireAndNotToFire() throws IOException {
    String tests = Files.readString(AlertRules.DIRECTORY.resolve("alerts_test.yml"));
    Set<String> firing = new TreeSet<>();
    Set<String> quiet = new TreeSet<>();
    EXPECTATION
        .matcher(tests)
        .results()
        .forEach(test -> (test.group(2) == null ? firing : quiet).add(test.group(1)));
    Set<String> alerts =
        AlertRules.all().stream()
            .map(AlertRules.Rule::name)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(alerts).isNotEmpty();
    assertThat(firing).isEqualTo(alerts);
    assertThat(quiet).isEqualTo(alerts);
  }

  @Test
  void everyAlertLeadsToItsSectionOfTheOperationsPageAndEverySectionHasAnAlert()
      throws IOException {
    List<AlertRules.Rule> alerts = AlertRules.all();
    assertThat(OperationsPage.headings("###").stream().filter(h -> h.startsWith("PageFerry")))
        .containsExactlyElementsOf(alerts.stream().map(AlertRules.Rule::name).toList());
    assertThat(alerts)
        .allSatisfy(alert ->
            assertThat(alert.runbook())
                .isEqualTo("docs/operations.md#" + alert.name().toLowerCase(Locale.ROOT)));
  }
}
