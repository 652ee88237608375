/**
 * What a daemon shows of itself to monitoring: {@link io.pageferry.telemetry.PrometheusRegistries}
 * makes the meter registry, {@link io.pageferry.telemetry.LatencyTimers} its latency histograms,
 * and {@link io.pageferry.telemetry.TelemetryServer} serves it over HTTP together with liveness and
 * readiness. Which meters there are is the daemons' matter.
 */
@NullMarked
package io.pageferry.telemetry;

import org.jspecify.annotations.NullMarked;
