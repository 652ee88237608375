package io.pageferry.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.pageferry.migration.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DashboardTest {
  @Test
  void everyExpressionIsWellFormed(@TempDir Path directory) throws Exception {
    List<String> rules = new ArrayList<>(List.of("groups:", "- name: dashboard", "  rules:"));
    for (JsonObject panel : Dashboard.panels()) {
      for (String expression : Dashboard.expressions(panel)) {
        assertThat(expression).as("a variable that is not replaced").doesNotContain("$");
        rules.add("  - record: panel:%s:%d".formatted(panel.get("id"), rules.size()));
        rules.add("    expr: '" + expression + "'");
      }
    }
    assertThat(rules).hasSizeGreaterThan(3);
    Path file = Files.write(directory.resolve("dashboard.yml"), rules);
    Promtool.accepts("", "check", "rules", file.toString());
  }

  @Test
  void thePhaseTimelineKnowsEveryPhase() throws IOException {
    JsonObject timeline =
        Dashboard.panels().stream()
            .filter(panel -> panel.get("type").getAsString().equals("state-timeline"))
            .findFirst()
            .orElseThrow();
    String expression = Dashboard.expressions(timeline).getFirst();
    JsonObject names =
        timeline
            .getAsJsonObject("fieldConfig")
            .getAsJsonObject("defaults")
            .getAsJsonArray("mappings")
            .get(0)
            .getAsJsonObject()
            .getAsJsonObject("options");
    assertThat(Arrays.stream(Phase.values()).map(phase -> phase.name().toLowerCase(Locale.ROOT)))
        .allSatisfy(phase -> {
          String number =
              names.keySet().stream()
                  .filter(key -> names.getAsJsonObject(key).get("text").getAsString().equals(phase))
                  .findFirst()
                  .orElseThrow();
          assertThat(expression)
              .contains("%s * pageferry_phase{phase=\"%s\"}".formatted(number, phase));
        });
  }

  @Test
  void panelsHaveIdsOfTheirOwnAndDoNotOverlap() throws IOException {
    Set<Integer> ids = new HashSet<>();
    Set<String> taken = new HashSet<>();
    for (JsonObject panel : Dashboard.panels()) {
      assertThat(ids.add(panel.get("id").getAsInt())).as("id of %s", panel.get("title")).isTrue();
      JsonObject place = panel.getAsJsonObject("gridPos");
      int right = place.get("x").getAsInt() + place.get("w").getAsInt();
      assertThat(right).isLessThanOrEqualTo(24);
      for (int x = place.get("x").getAsInt(); x < right; x++) {
        for (int y = 0; y < place.get("h").getAsInt(); y++) {
          assertThat(taken.add(x + " " + (place.get("y").getAsInt() + y)))
              .as("the place of %s is free", panel.get("title"))
              .isTrue();
        }
      }
    }
  }

  @Test
  void everyPanelSaysWhatItShowsAndAsksTheProvisionedDataSource() throws IOException {
    assertThat(Dashboard.provisioning("datasources", "prometheus.yml"))
        .contains("uid: prometheus\n");
    assertThat(Dashboard.panels())
        .isNotEmpty()
        .allSatisfy(panel -> {
          assertThat(panel.get("description").getAsString()).endsWith(".");
          assertThat(panel.getAsJsonObject("datasource").get("uid").getAsString())
              .isEqualTo("prometheus");
        });
  }
}
