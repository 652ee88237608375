package io.pageferry.daemon;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.migration.Phase;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.VcpuStatus;
import io.pageferry.telemetry.LatencyCounts;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Registers every meter of a daemon: the one place that names metrics. {@code docs/operations.md}
 * lists them.
 *
 * <p>All but the fault latencies are read from the daemon's status when they are scraped; a status
 * is kept for a moment so that one scrape reads one status. Any thread; a scrape takes no lock of
 * this object.
 */
public final class DaemonMeters {
  private static final long STATUS_LIFETIME_NANOS = 100_000_000;
  private static final double NANOS_PER_SECOND = 1e9;

  private final PrometheusMeterRegistry registry;
  private final Supplier<Status> statusSource;
  private final FaultMeters faultMeters = new FaultMeters();

  /** Guarded by this object's monitor, which only registration takes. */
  private int registeredVcpus;

  private volatile @Nullable Kept kept;

  /** A status and when it was made. */
  private record Kept(Status status, long nanos) {}

  /** Registers the meters of a daemon whose status {@code statusSource} tells. */
  public DaemonMeters(PrometheusMeterRegistry registry, Role role, Supplier<Status> statusSource) {
    this.registry = registry;
    this.statusSource = statusSource;
    phases();
    pageGauge("total", m -> m.getPages().getTotal());
    lanes();
    guest();
    if (role == Role.ROLE_SOURCE) {
      onlyOfTheSource();
    } else {
      onlyOfTheDestination();
    }
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private void phases() {
    for (Phase phase : Phase.values()) {
      var message = StatusMessages.phase(phase);
      Gauge.builder("pageferry.phase", this, m -> m.status().getPhase() == message ? 1 : 0)
          .description("1 for the phase that the daemon is in")
          .tag("phase", lower(phase))
          .register(registry);
    }
    gauge(
        "pageferry.migration.elapsed",
        "Time since the latest migration started; its total time once it is over",
        "seconds",
        m -> m.getElapsedNanos() / NANOS_PER_SECOND);
  }

  private void onlyOfTheSource() {
    gauge(
        "pageferry.downtime",
        "Last instruction at the source to the news of the resumption",
        "seconds",
        m -> m.getDowntimeNanos() / NANOS_PER_SECOND);
    pageGauge("sent", m -> m.getPages().getSent());
    pageGauge("released", m -> m.getPages().getReleased());
    pageGauge("zero", m -> m.getPages().getZero());
    gauge(
        "pageferry.in.flight",
        "Page bytes sent and not acknowledged",
        "bytes",
        MigrationStatus::getBytesInFlight);
  }

  private void onlyOfTheDestination() {
    gauge(
        "pageferry.first.instruction",
        "Resumption to the first instruction retired",
        "seconds",
        m -> m.getFirstInstructionNanos() / NANOS_PER_SECOND);
    pageGauge("present", m -> m.getPages().getPresent());
    pageGauge("missing", m -> m.getPages().getTotal() - m.getPages().getPresent());
    originCounter("demand", m -> m.getPages().getDemand());
    originCounter("drain", m -> m.getPages().getDrain());
    originCounter("zero", m -> m.getPages().getZero());
    originCounter("duplicate", m -> m.getPages().getDuplicate());
    prefetchCounter("pageferry.prefetch.pages", "fetched ahead of need", PageCounts::getPrefetched);
    prefetchCounter(
        "pageferry.prefetch.hits", "of those that a vCPU used", PageCounts::getPrefetchHits);
    faultMeters.register(registry);
  }

  private void pageGauge(String state, ToDoubleFunction<MigrationStatus> value) {
    Gauge.builder("pageferry.pages", this, m -> value.applyAsDouble(m.status().getMigration()))
        .description("Pages of the latest migration, by state")
        .tag("state", state)
        .register(registry);
  }

  private void originCounter(String origin, ToDoubleFunction<MigrationStatus> value) {
    FunctionCounter.builder(
            "pageferry.pages.received", this, m -> value.applyAsDouble(m.status().getMigration()))
        .description("Pages of the latest migration, by what brought them")
        .tag("origin", origin)
        .register(registry);
  }

  private void prefetchCounter(String name, String which, ToDoubleFunction<PageCounts> value) {
    FunctionCounter.builder(
            name, this, m -> value.applyAsDouble(m.status().getMigration().getPages()))
        .description("Pages of the latest migration " + which)
        .register(registry);
  }

  private void lanes() {
    laneCounter("urgent", MigrationStatus::getDemandBytes);
    laneCounter("drain", MigrationStatus::getDrainBytes);
  }

  private void laneCounter(String lane, ToDoubleFunction<MigrationStatus> value) {
    FunctionCounter.builder(
            "pageferry.lane", this, m -> value.applyAsDouble(m.status().getMigration()))
        .description("Page frame bytes of the latest migration, by lane")
        .baseUnit("bytes")
        .tag("lane", lane)
        .register(registry);
  }

  private void guest() {
    Gauge.builder("pageferry.guest.memory", this, m -> m.status().getGuest().getMemoryBytes())
        .description("Size of the guest's memory")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("pageferry.guest.resident", this, m -> m.status().getGuest().getResidentBytes())
        .description("Guest memory that takes physical memory here")
        .baseUnit("bytes")
        .register(registry);
    FunctionCounter.builder("pageferry.guest.instructions", this, DaemonMeters::instructions)
        .description("Instructions that vCPUs retired here; its rate is instructions per second")
        .register(registry);
  }

  private double instructions() {
    var guest = status().getGuest();
    return guest.getVcpusList().stream().mapToLong(VcpuStatus::getInstructions).sum()
        - guest.getInstructionsElsewhere();
  }

  private void gauge(
      String name, String description, String unit, ToDoubleFunction<MigrationStatus> value) {
    Gauge.builder(name, this, m -> value.applyAsDouble(m.status().getMigration()))
        .description(description)
        .baseUnit(unit)
        .register(registry);
  }

  /** Registers the meters of vCPUs 0 to {@code count - 1}, where they are not registered yet. */
  public synchronized void registerVcpus(int count) {
    for (; registeredVcpus < count; registeredVcpus++) {
      vcpuCounter("pageferry.vcpu.faults", "Userfault exits", null, VcpuStatus::getFaults);
      vcpuCounter(
          "pageferry.vcpu.blocktime",
          "Time between fault exits and re-entries",
          "seconds",
          v -> v.getBlocktimeNanos() / NANOS_PER_SECOND);
    }
  }

  private void vcpuCounter(
      String name, String description, @Nullable String unit, ToDoubleFunction<VcpuStatus> value) {
    int index = registeredVcpus;
    FunctionCounter.builder(name, this, m -> m.ofVcpu(index, value))
        .description(description)
        .baseUnit(unit)
        .tag("vcpu", Integer.toString(index))
        .register(registry);
  }

  private double ofVcpu(int index, ToDoubleFunction<VcpuStatus> value) {
    var guest = status().getGuest();
    return index < guest.getVcpusCount() ? value.applyAsDouble(guest.getVcpus(index)) : 0;
  }

  /**
   * A migration to this destination begins; the one before has recorded its last fault.
   *
   * @param latencies what its faults took so far, asked for at each scrape
   */
  public void beginFaults(Function<FaultPart, LatencyCounts> latencies) {
    faultMeters.begin(latencies);
  }

  /** Two scrapes at one time may both make one: that costs less than to wait for each other. */
  private Status status() {
    long now = System.nanoTime();
    Kept last = kept;
    if (last == null || now - last.nanos() > STATUS_LIFETIME_NANOS) {
      last = new Kept(statusSource.get(), now);
      kept = last;
    }
    return last.status();
  }
}
