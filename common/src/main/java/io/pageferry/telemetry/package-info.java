/**
 * What a daemon shows of itself to monitoring. {@link io.pageferry.telemetry.PrometheusRegistries}
 * makes the meter registry, and {@link io.pageferry.telemetry.TelemetryServer} serves it over HTTP
 * together with liveness and readiness. A thread records latencies in a {@link
 * io.pageferry.telemetry.LatencyHistogram} of its own; {@link io.pageferry.telemetry.LatencyCounts}
 * adds several up, and {@link io.pageferry.telemetry.LatencyCollector} shows them to Prometheus.
 * Which meters there are is the daemons' matter.
 */
@NullMarked
package io.pageferry.telemetry;

import org.jspecify.annotations.NullMarked;
