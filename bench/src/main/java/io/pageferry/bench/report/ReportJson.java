package io.pageferry.bench.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.pageferry.bench.result.Bar;
import io.pageferry.bench.result.Curve;
import io.pageferry.bench.result.Experiment;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import io.pageferry.bench.result.Spread;
import io.pageferry.cli.output.Json;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A report for machines; bench/README.md describes its shape. Names hold the unit, and a number
 * that is none or infinite, which JSON cannot say, is null. Stateless.
 */
public final class ReportJson {
  /** Raised when something that readers rely on changes. */
  static final int VERSION = 1;

  private ReportJson() {}

  /** Indented text. */
  static String text(Report report) {
    return Json.text(of(report)) + "\n";
  }

  static JsonObject of(Report report) {
    JsonObject object = new JsonObject();
    object.addProperty("version", VERSION);
    object.addProperty("when", report.when().toString());
    object.add("host", host(report.host()));
    JsonObject settings = new JsonObject();
    report.settings().forEach(settings::addProperty);
    object.add("settings", settings);
    object.add("remarks", strings(report.remarks()));
    JsonArray bars = new JsonArray();
    report.bars().forEach(bar -> bars.add(bar(bar)));
    object.add("bars", bars);
    JsonArray experiments = new JsonArray();
    report.experiments().forEach(experiment -> experiments.add(experiment(report, experiment)));
    object.add("experiments", experiments);
    JsonArray runs = new JsonArray();
    report.runs().forEach(run -> runs.add(run(run)));
    object.add("runs", runs);
    return object;
  }

  /** The name of a figure: {@code totalMillis}. */
  static String name(Enum<?> value) {
    StringBuilder name = new StringBuilder();
    boolean first = false;
    for (char c : value.name().toLowerCase(Locale.ROOT).toCharArray()) {
      if (c == '_') {
        first = true;
      } else {
        name.append(first ? Character.toUpperCase(c) : c);
        first = false;
      }
    }
    return name.toString();
  }

  private static JsonObject host(Host host) {
    JsonObject object = new JsonObject();
    object.addProperty("cores", host.cores());
    object.addProperty("processor", host.processor());
    object.addProperty("kernel", host.kernel());
    object.addProperty("jvm", host.jvm());
    object.addProperty("memoryBytes", host.memoryBytes());
    object.addProperty("congestionControl", host.congestionControl());
    return object;
  }

  /** The bars as an array of objects. */
  public static JsonArray bars(Report report) {
    JsonArray bars = new JsonArray();
    report.bars().forEach(bar -> bars.add(bar(bar)));
    return bars;
  }

  private static JsonObject bar(Bar bar) {
    JsonObject object = new JsonObject();
    object.addProperty("id", bar.id());
    object.addProperty("what", bar.what());
    object.add("figure", number(bar.figure()));
    object.addProperty("relation", name(bar.relation()));
    object.add("target", number(bar.target()));
    object.addProperty("met", bar.met());
    object.addProperty("detail", bar.detail());
    return object;
  }

  private static JsonObject experiment(Report report, Experiment experiment) {
    JsonObject object = new JsonObject();
    object.addProperty("id", experiment.id());
    object.addProperty("title", experiment.title());
    object.addProperty("sentence", experiment.sentence());
    JsonObject sides = new JsonObject();
    for (String side : report.sides(experiment)) {
      JsonObject figures = new JsonObject();
      for (Figure figure : report.figures(experiment)) {
        report
            .spread(experiment, side, figure)
            .ifPresent(spread -> figures.add(name(figure), spread(spread)));
      }
      sides.add(side, figures);
    }
    object.add("sides", sides);
    return object;
  }

  private static JsonObject spread(Spread spread) {
    JsonObject object = new JsonObject();
    object.add("median", number(spread.median()));
    object.add("least", number(spread.least()));
    object.add("most", number(spread.most()));
    object.addProperty("runs", spread.runs());
    return object;
  }

  private static JsonObject run(Run run) {
    JsonObject object = new JsonObject();
    object.addProperty("experiment", run.experiment());
    object.addProperty("side", run.side());
    JsonObject figures = new JsonObject();
    run.figures().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> figures.add(name(entry.getKey()), number(entry.getValue())));
    object.add("figures", figures);
    JsonArray curves = new JsonArray();
    run.curves().forEach(curve -> curves.add(curve(curve)));
    object.add("curves", curves);
    return object;
  }

  private static JsonObject curve(Curve curve) {
    JsonObject object = new JsonObject();
    object.addProperty("kind", name(curve.kind()));
    JsonArray points = new JsonArray();
    for (Curve.Point point : curve.points()) {
      JsonArray pair = new JsonArray();
      pair.add(number(point.x()));
      pair.add(number(point.y()));
      points.add(pair);
    }
    object.add("points", points);
    return object;
  }

  private static JsonArray strings(List<String> strings) {
    JsonArray array = new JsonArray();
    strings.forEach(array::add);
    return array;
  }

  private static JsonElement number(double value) {
    return Double.isFinite(value) ? new JsonPrimitive(value) : JsonNull.INSTANCE;
  }
}
