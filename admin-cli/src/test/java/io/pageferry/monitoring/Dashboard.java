package io.pageferry.monitoring;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pageferry.architecture.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The dashboard of {@code docker/grafana}. Stateless. */
final class Dashboard {
  private static final Path GRAFANA = Code.repository().resolve("docker").resolve("grafana");

  private Dashboard() {}

  /** Its panels, without the rows that group them. */
  static List<JsonObject> panels() throws IOException {
    String text = Files.readString(GRAFANA.resolve("dashboards").resolve("pageferry.json"));
    return JsonParser.parseString(text).getAsJsonObject().getAsJsonArray("panels").asList().stream()
        .map(JsonElement::getAsJsonObject)
        .filter(panel -> !panel.get("type").getAsString().equals("row"))
        .toList();
  }

  /** What a panel asks Prometheus, as Grafana would send it. */
  static List<String> expressions(JsonObject panel) {
    List<String> expressions = new ArrayList<>();
    for (JsonElement target : panel.getAsJsonArray("targets")) {
      String expression = target.getAsJsonObject().get("expr").getAsString();
      expressions.add(expression.replace("$__rate_interval", "4s"));
    }
    return expressions;
  }

  /** A provisioning file's text. */
  static String provisioning(String kind, String file) throws IOException {
    return Files.readString(GRAFANA.resolve("provisioning").resolve(kind).resolve(file));
  }
}
