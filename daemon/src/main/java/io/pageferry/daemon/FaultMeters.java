package io.pageferry.daemon;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.telemetry.LatencyCollector;
import io.pageferry.telemetry.LatencyCounts;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The histogram of fault latencies of all migrations to a destination: what past ones add up to,
 * and what the present one has recorded by the time of a scrape. So recording costs a vCPU what its
 * migration's own bookkeeping costs, and nothing more. Any thread.
 */
final class FaultMeters {
  private final Map<FaultPart, LatencyCounts> past = new LinkedHashMap<>();
  private Function<FaultPart, LatencyCounts> present = part -> new LatencyCounts();

  FaultMeters() {
    for (FaultPart part : FaultPart.values()) {
      past.put(part, new LatencyCounts());
    }
  }

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
  synchronized void begin(Function<FaultPart, LatencyCounts> latencies) {
    past.forEach((part, counts) -> counts.add(present.apply(part)));
    present = latencies;
  }

  private synchronized Map<String, LatencyCounts> byLabel() {
    Map<String, LatencyCounts> all = new LinkedHashMap<>();
    past.forEach((part, counts) -> {
      LatencyCounts sum = present.apply(part);
      sum.add(counts);
      all.put(part.label(), sum);
    });
    return all;
  }
}
