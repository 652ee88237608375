package io.pageferry.daemon;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.telemetry.LatencyCollector;
import io.pageferry.telemetry.LatencyCounts;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The histogram of fault latencies of all migrations to a destination: what past ones add up to,
 * and what the present one has recorded by the time of a scrape. So recording costs a vCPU what its
 * migration's own bookkeeping costs, and nothing more. Any thread; a scrape waits for nobody.
 */
final class FaultMeters {
  /**
   * Both, so that a scrape counts no migration twice and leaves none out.
   *
   * @param past never changed once it is here
   */
  private record Latencies(
      Map<FaultPart, LatencyCounts> past, Function<FaultPart, LatencyCounts> present) {
    /** What all migrations add up to, copied. */
    Map<FaultPart, LatencyCounts> sum() {
      Map<FaultPart, LatencyCounts> sum = new EnumMap<>(FaultPart.class);
      for (FaultPart part : FaultPart.values()) {
        LatencyCounts counts = present.apply(part);
        LatencyCounts before = past.get(part);
        if (before != null) {
          counts.add(before);
        }
        sum.put(part, counts);
      }
      return sum;
    }
  }

  /** Replaced under this object's monitor, read without it. */
  private volatile Latencies latencies = new Latencies(Map.of(), part -> new LatencyCounts());

  void register(PrometheusMeterRegistry registry) {
    registry
        .getPrometheusRegistry()
        .register(
            new LatencyCollector(
                "pageferry_fault_latency_seconds",
                "Userfault exit to re-entry, by part",
                "part",
                this::byLabel));
  }

  /** Another migration begins; the one before has recorded its last fault. */
  synchronized void begin(Function<FaultPart, LatencyCounts> next) {
    latencies = new Latencies(latencies.sum(), next);
  }

  private Map<String, LatencyCounts> byLabel() {
    Map<String, LatencyCounts> all = new LinkedHashMap<>();
    latencies.sum().forEach((part, counts) -> all.put(part.label(), counts));
    return all;
  }
}
