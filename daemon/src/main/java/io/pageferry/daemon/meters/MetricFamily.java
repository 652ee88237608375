package io.pageferry.daemon.meters;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.List;

/** One metric at one scrape: a gauge, or a counter if {@link #counted}. One thread. */
final class MetricFamily {
  private record Point(Labels labels, double value) {}

  private final MetricMetadata metadata;
  private final List<Point> points = new ArrayList<>();
  private boolean counter;

  /** A gauge without data points. */
  MetricFamily(String name, String help) {
    metadata = new MetricMetadata(name, help);
  }

  /** Makes it a counter, whose name is shown with the suffix {@code _total}. */
  MetricFamily counted() {
    counter = true;
    return this;
  }

  /** Adds a value with names and values of labels in turn. */
  MetricFamily with(double value, String... labels) {
    points.add(new Point(Labels.of(labels), value));
    return this;
  }

  /** The same for a count, of which a metric has the first 53 bits. */
  MetricFamily with(long value, String... labels) {
    return with((double) value, labels);
  }

  /** As a scrape shows it. */
  MetricSnapshot snapshot() {
    return counter
        ? new CounterSnapshot(
            metadata,
            points.stream()
                .map(p -> new CounterDataPointSnapshot(Math.max(0, p.value()), p.labels(), null, 0))
                .toList())
        : new GaugeSnapshot(
            metadata,
            points.stream()
                .map(p -> new GaugeDataPointSnapshot(p.value(), p.labels(), null))
                .toList());
  }
}
