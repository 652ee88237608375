package io.pageferry.daemon.meters;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.daemon.guest.FaultPart;
import io.pageferry.daemon.guest.GuestEntry;
import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.migration.Phase;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.VcpuStatus;
import io.pageferry.telemetry.LatencyCollector;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Every metric of a daemon's guests: the one place that names them. {@code docs/operations.md}
 * lists them.
 *
 * <p>All but the fault latencies are read from the guests' statuses, which are made once for each
 * scrape. So a guest's series are there as long as the guest is, and cost nothing between scrapes.
 * Any thread; a scrape takes no lock.
 */
public final class GuestMeters implements MultiCollector {
  private static final double NANOS_PER_SECOND = 1e9;

  private final Role role;
  private final Supplier<List<Status>> statuses;

  private GuestMeters(Role role, Supplier<List<Status>> statuses) {
    this.role = role;
    this.statuses = statuses;
  }

  /**
   * Adds the metrics of a daemon's guests to what a registry shows.
   *
   * @param statuses one for each guest
   */
  public static void register(
      PrometheusMeterRegistry to,
      Role role,
      Supplier<List<Status>> statuses,
      Supplier<List<GuestEntry>> guests) {
    to.getPrometheusRegistry().register(new GuestMeters(role, statuses));
    if (role != Role.ROLE_SOURCE) {
      to.getPrometheusRegistry()
          .register(
              new LatencyCollector(
                  "pageferry_fault_latency_seconds",
                  "Userfault exit to re-entry, by part",
                  () -> faultLatencies(guests.get())));
      to.getPrometheusRegistry()
          .register(
              new LatencyCollector(
                  "pageferry_asynchronous_fault_latency_seconds",
                  "A device's access to a missing page until the device goes on",
                  () -> asynchronousFaultLatencies(guests.get())));
    }
  }

  private static List<LatencyCollector.Series> asynchronousFaultLatencies(List<GuestEntry> guests) {
    List<LatencyCollector.Series> all = new ArrayList<>();
    for (GuestEntry guest : guests) {
      guest
          .arrival()
          .ifPresent(arrival ->
              all.add(
                  new LatencyCollector.Series(
                      List.of("guest", guest.name()), arrival.asynchronousFaultLatency())));
    }
    return all;
  }

  private static List<LatencyCollector.Series> faultLatencies(List<GuestEntry> guests) {
    List<LatencyCollector.Series> all = new ArrayList<>();
    for (GuestEntry guest : guests) {
      guest
          .arrival()
          .ifPresent(arrival -> {
            for (FaultPart part : FaultPart.values()) {
              List<String> labels = List.of("guest", guest.name(), "part", part.label());
              all.add(new LatencyCollector.Series(labels, arrival.faultLatency(part)));
            }
          });
    }
    return all;
  }

  @Override
  public MetricSnapshots collect() {
    List<Status> now = statuses.get();
    List<MetricFamily> all = new ArrayList<>();
    all.add(
        new MetricFamily("pageferry_guests", "Guests that are here, on their way or leaving")
            .with(now.stream().filter(GuestMeters::isHere).count()));
    all.addAll(ofBothRoles(now));
    if (role != Role.ROLE_DESTINATION) {
      all.addAll(ofTheSource(now));
    }
    if (role != Role.ROLE_SOURCE) {
      all.addAll(ofTheDestination(now));
    }
    return new MetricSnapshots(
        all.stream().map(MetricFamily::snapshot).toArray(MetricSnapshot[]::new));
  }

  private static boolean isHere(Status status) {
    return switch (status.getGuest().getState()) {
      case GUEST_STATE_UNSPECIFIED, GUEST_STATE_HANDED_OVER, UNRECOGNIZED -> false;
      case GUEST_STATE_PAUSED, GUEST_STATE_RUNNING, GUEST_STATE_SHUTDOWN, GUEST_STATE_INCOMING ->
          true;
    };
  }

  private static List<MetricFamily> ofBothRoles(List<Status> now) {
    return List.of(
        phases(now),
        migrations(
            now,
            "pageferry_migration_elapsed_seconds",
            "Time since the latest migration started; its total time once it is over",
            m -> m.getElapsedNanos() / NANOS_PER_SECOND),
        pages(now),
        lanes(now),
        guests(
            now,
            "pageferry_guest_memory_bytes",
            "Size of the guest's memory",
            s -> s.getGuest().getMemoryBytes()),
        guests(
            now,
            "pageferry_guest_resident_bytes",
            "Guest memory that takes physical memory here",
            s -> s.getGuest().getResidentBytes()),
        guests(
            now,
            "pageferry_guest_poisoned_pages",
            "Pages whose data is lost",
            s -> s.getGuest().getPoisonedPages()),
        guests(
                now,
                "pageferry_guest_instructions",
                "Instructions that vCPUs retired here; its rate is instructions per second",
                GuestMeters::instructions)
            .counted(),
        vcpus(now, "pageferry_vcpu_faults", "Userfault exits", VcpuStatus::getFaults),
        vcpus(
            now,
            "pageferry_vcpu_blocktime_seconds",
            "Time between fault exits and re-entries",
            v -> v.getBlocktimeNanos() / NANOS_PER_SECOND));
  }

  private static List<MetricFamily> ofTheSource(List<Status> now) {
    return List.of(
        migrations(
            now,
            "pageferry_downtime_seconds",
            "Last instruction at the source to the news of the resumption",
            m -> m.getDowntimeNanos() / NANOS_PER_SECOND),
        migrations(
            now,
            "pageferry_in_flight_bytes",
            "Page bytes sent and not acknowledged",
            MigrationStatus::getBytesInFlight));
  }

  private static List<MetricFamily> ofTheDestination(List<Status> now) {
    return List.of(
        migrations(
            now,
            "pageferry_first_instruction_seconds",
            "Resumption to the first instruction retired",
            m -> m.getFirstInstructionNanos() / NANOS_PER_SECOND),
        origins(now),
        migrations(
                now,
                "pageferry_prefetch_pages",
                "Pages of the latest migration fetched ahead of need",
                m -> m.getPages().getPrefetched())
            .counted(),
        migrations(
                now,
                "pageferry_prefetch_hits",
                "Pages of the latest migration of those that a vCPU used",
                m -> m.getPages().getPrefetchHits())
            .counted());
  }

  private static String name(Status status) {
    return status.hasGuest() ? status.getGuest().getName() : status.getMigration().getGuestName();
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static MetricFamily phases(List<Status> now) {
    MetricFamily family =
        new MetricFamily(
            "pageferry_phase", "1 for the phase that the guest's latest migration is in");
    for (Status status : now) {
      for (Phase phase : Phase.values()) {
        boolean is = status.getPhase() == StatusMessages.phase(phase);
        family.with(is ? 1 : 0, "guest", name(status), "phase", lower(phase));
      }
    }
    return family;
  }

  private static MetricFamily migrations(
      List<Status> now, String name, String help, ToDoubleFunction<MigrationStatus> value) {
    return guests(now, name, help, status -> value.applyAsDouble(status.getMigration()));
  }

  private static MetricFamily guests(
      List<Status> now, String name, String help, ToDoubleFunction<Status> value) {
    MetricFamily family = new MetricFamily(name, help);
    now.forEach(status -> family.with(value.applyAsDouble(status), "guest", name(status)));
    return family;
  }

  private static MetricFamily pages(List<Status> now) {
    MetricFamily family =
        new MetricFamily("pageferry_pages", "Pages of the latest migration, by state");
    for (Status status : now) {
      PageCounts pages = status.getMigration().getPages();
      family.with(pages.getTotal(), "guest", name(status), "state", "total");
      switch (status.getMigration().getDirection()) {
        case DIRECTION_OUTGOING -> {
          family.with(pages.getSent(), "guest", name(status), "state", "sent");
          family.with(pages.getReleased(), "guest", name(status), "state", "released");
          family.with(pages.getZero(), "guest", name(status), "state", "zero");
        }
        case DIRECTION_INCOMING -> {
          family.with(pages.getPresent(), "guest", name(status), "state", "present");
          long missing = pages.getTotal() - pages.getPresent();
          family.with(missing, "guest", name(status), "state", "missing");
        }
        case DIRECTION_UNSPECIFIED, UNRECOGNIZED -> {
          // It has not migrated.
        }
      }
    }
    return family;
  }

  private static MetricFamily lanes(List<Status> now) {
    MetricFamily family =
        new MetricFamily(
                "pageferry_lane_bytes", "Page frame bytes of the latest migration, by lane")
            .counted();
    for (Status status : now) {
      MigrationStatus migration = status.getMigration();
      family.with(migration.getDemandBytes(), "guest", name(status), "lane", "demand");
      family.with(migration.getDrainBytes(), "guest", name(status), "lane", "drain");
    }
    return family;
  }

  private static MetricFamily origins(List<Status> now) {
    MetricFamily family =
        new MetricFamily(
                "pageferry_pages_received", "Pages of the latest migration, by what brought them")
            .counted();
    for (Status status : now) {
      PageCounts pages = status.getMigration().getPages();
      family.with(pages.getDemand(), "guest", name(status), "origin", "demand");
      family.with(pages.getDrain(), "guest", name(status), "origin", "drain");
      family.with(pages.getZero(), "guest", name(status), "origin", "zero");
      family.with(pages.getDuplicate(), "guest", name(status), "origin", "duplicate");
    }
    return family;
  }

  private static double instructions(Status status) {
    var guest = status.getGuest();
    return guest.getVcpusList().stream().mapToLong(VcpuStatus::getInstructions).sum()
        - guest.getInstructionsElsewhere();
  }

  private static MetricFamily vcpus(
      List<Status> now, String name, String help, ToDoubleFunction<VcpuStatus> value) {
    MetricFamily family = new MetricFamily(name, help).counted();
    for (Status status : now) {
      for (VcpuStatus vcpu : status.getGuest().getVcpusList()) {
        family.with(
            value.applyAsDouble(vcpu),
            "guest",
            name(status),
            "vcpu",
            Integer.toString(vcpu.getIndex()));
      }
    }
    return family;
  }
}
