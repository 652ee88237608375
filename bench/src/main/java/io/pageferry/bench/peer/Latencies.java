package io.pageferry.bench.peer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.pageferry.bench.result.Curve;
import java.util.ArrayList;
import java.util.List;

/**
 * Latencies as a native program reports them, in microseconds.
 *
 * @param p50 the median
 * @param p99 the 99th percentile
 * @param curve share by latency
 */
record Latencies(double p50, double p99, Curve curve) {
  /**
   * Reads them.
   *
   * @throws IllegalArgumentException if a member is missing
   */
  static Latencies of(JsonObject result) {
    List<Curve.Point> points = new ArrayList<>();
    for (JsonElement element : member(result, "curve").getAsJsonArray()) {
      JsonArray pair = element.getAsJsonArray();
      points.add(new Curve.Point(pair.get(0).getAsDouble(), pair.get(1).getAsDouble()));
    }
    return new Latencies(
        number(result, "p50"), number(result, "p99"), new Curve(Curve.Kind.LATENCY, points));
  }

  /**
   * A number in a result.
   *
   * @throws IllegalArgumentException if it is missing
   */
  static double number(JsonObject result, String name) {
    return member(result, name).getAsDouble();
  }

  private static JsonElement member(JsonObject result, String name) {
    JsonElement member = result.get(name);
    if (member == null) {
      throw new IllegalArgumentException("A result has no " + name + ": " + result);
    }
    return member;
  }
}
