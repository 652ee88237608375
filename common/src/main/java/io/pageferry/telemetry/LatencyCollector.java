package io.pageferry.telemetry;

import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/**
 * Shows latencies as a Prometheus histogram in seconds, wide enough for a page fault in local
 * memory and for one that waits out a broken link: buckets at 1, 2 and 5 of each power of ten from
 * 5 µs to 10 s. Micrometer's timers could do it too, for 60 ns each time one is recorded. Any
 * thread.
 */
public final class LatencyCollector implements Collector {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final long[] EDGES_NANOS =
      LongStream.iterate(1_000, power -> power <= 10_000_000_000L, power -> power * 10)
          .flatMap(power -> LongStream.of(power, 2 * power, 5 * power))
          .filter(nanos -> nanos >= 5_000 && nanos <= 10_000_000_000L)
          .toArray();
  private static final double[] EDGES_SECONDS =
      DoubleStream.concat(
              Arrays.stream(EDGES_NANOS).mapToDouble(nanos -> nanos / NANOS_PER_SECOND),
              DoubleStream.of(Double.POSITIVE_INFINITY))
          .toArray();

  /**
   * One histogram of the metric.
   *
   * @param labels names and values in turn, which tell it apart
   * @param counts what it shows
   */
  public record Series(List<String> labels, LatencyCounts counts) {}

  private final MetricMetadata metadata;
  private final Supplier<List<Series>> series;

  /**
   * A collector to be registered with a Prometheus registry.
   *
   * @param name of the metric, with its unit
   * @param series its histograms, asked for at each scrape
   */
  public LatencyCollector(String name, String help, Supplier<List<Series>> series) {
    this.metadata = new MetricMetadata(name, help, Unit.SECONDS);
    this.series = series;
  }

  @Override
  public HistogramSnapshot collect() {
    return new HistogramSnapshot(
        metadata,
        series.get().stream()
            .map(one -> dataPoint(Labels.of(one.labels().toArray(String[]::new)), one.counts()))
            .toList());
  }

  private static HistogramDataPointSnapshot dataPoint(Labels labels, LatencyCounts counts) {
    return HistogramDataPointSnapshot.builder()
        .labels(labels)
        .classicHistogramBuckets(
            ClassicHistogramBuckets.of(EDGES_SECONDS, counts.between(EDGES_NANOS)))
        .sum(counts.sumNanos() / NANOS_PER_SECOND)
        .build();
  }
}
