package io.pageferry.telemetry;

import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/** Makes a daemon's meter registry. Stateless; any thread. */
public final class PrometheusRegistries {
  private PrometheusRegistries() {}

  /** A registry whose meters carry no common tags, with the JVM's and the process' meters in it. */
  public static PrometheusMeterRegistry create() {
    return create(Tags.empty());
  }

  /**
   * A registry whose meters all carry the given tags, with the JVM's and the process' meters in it.
   */
  public static PrometheusMeterRegistry create(Tags commonTags) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry.config().commonTags(commonTags);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    listenToCollections(registry);
    ProcessMeters.register(registry);
    return registry;
  }

  /** The listener stays for as long as the process: so does a daemon's registry. */
  @SuppressWarnings("resource")
  private static void listenToCollections(PrometheusMeterRegistry registry) {
    new JvmGcMetrics().bindTo(registry);
  }
}
