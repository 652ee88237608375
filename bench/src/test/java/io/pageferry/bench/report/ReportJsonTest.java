package io.pageferry.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pageferry.bench.result.Figure;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportJsonTest {
  private final JsonObject json =
      JsonParser.parseString(ReportJson.text(Sittings.full())).getAsJsonObject();

  @Test
  void hasTheShapeThatTheReadmeDescribes() {
    assertThat(json.keySet())
        .containsExactly(
            "version", "when", "host", "settings", "remarks", "bars", "experiments", "runs");
    assertThat(json.getAsJsonObject("host").keySet())
        .containsExactly("cores", "processor", "kernel", "jvm", "memoryBytes", "congestionControl");
    assertThat(json.get("when").getAsString()).isEqualTo("2026-11-26T03:40:00Z");
  }

  @Test
  void barsSayWhetherTheyAreMet() {
    JsonArray bars = json.getAsJsonArray("bars");
    assertThat(bars).hasSize(3);
    assertThat(bars.get(0).toString())
        .isEqualTo(
            """
            {"id":"less","what":"Takes less","figure":0.5,"relation":"atMost","target":1.0,\
            "met":true,"detail":"1 of 2"}\
            """);
    assertThat(bars.get(1).getAsJsonObject().get("met").getAsBoolean()).isFalse();
    assertThat(bars.get(2).getAsJsonObject().get("figure").isJsonNull()).isTrue();
    assertThat(bars.get(2).getAsJsonObject().get("met").getAsBoolean()).isFalse();
  }

  @Test
  void sumsUpEveryFigureOfEverySide() {
    JsonObject sides =
        json.getAsJsonArray("experiments").get(0).getAsJsonObject().getAsJsonObject("sides");
    assertThat(sides.keySet()).containsExactly("pageferry", "qemu");
    JsonObject qemu = sides.getAsJsonObject("qemu");
    assertThat(qemu.keySet()).containsExactlyElementsOf(names());
    assertThat(qemu.get("downtimeMillis").toString())
        .isEqualTo("{\"median\":45.0,\"least\":22.5,\"most\":67.5,\"runs\":3}");
  }

  @Test
  void losesNoFigureAndNoPointOfARun() {
    JsonArray runs = json.getAsJsonArray("runs");
    assertThat(runs).hasSize(6);
    for (JsonElement run : runs) {
      assertThat(run.getAsJsonObject().getAsJsonObject("figures").keySet())
          .containsExactlyElementsOf(names());
    }
    JsonObject second = runs.get(1).getAsJsonObject();
    assertThat(second.get("side").getAsString()).isEqualTo("qemu");
    assertThat(second.getAsJsonObject("figures").get("totalMillis").getAsDouble()).isEqualTo(2.5);
    assertThat(second.getAsJsonArray("curves").get(0).toString())
        .isEqualTo("{\"kind\":\"latency\",\"points\":[[100.0,0.0],[500.0,0.5],[900.0,1.0]]}");
  }

  @Test
  void textsAreReadAsTheyWere() {
    JsonObject awkward =
        JsonParser.parseString(ReportJson.text(Sittings.awkward())).getAsJsonObject();
    assertThat(awkward.getAsJsonArray("remarks").get(0).getAsString()).isEqualTo(Sittings.AWKWARD);
  }

  private static List<String> names() {
    return Arrays.stream(Figure.values()).map(ReportJson::name).toList();
  }
}
