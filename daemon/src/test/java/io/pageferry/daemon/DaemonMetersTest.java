package io.pageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.HostPort;
import io.pageferry.migration.Phase;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.VcpuStatus;
import io.pageferry.telemetry.LatencyCounts;
import io.pageferry.telemetry.LatencyHistogram;
import io.pageferry.telemetry.PrometheusRegistries;
import io.pageferry.telemetry.TelemetryServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Prometheus sees of a daemon, scraped as Prometheus scrapes it. */
class DaemonMetersTest {
  private static final Status STATUS =
      Status.newBuilder()
          .setPhase(StatusMessages.phase(Phase.POSTCOPY_ACTIVE))
          .setGuest(
              GuestStatus.newBuilder()
                  .setMemoryBytes(8192)
                  .setResidentBytes(4096)
                  .setInstructionsElsewhere(30)
                  .addVcpus(VcpuStatus.newBuilder().setInstructions(40).setFaults(3))
                  .addVcpus(
                      VcpuStatus.newBuilder()
                          .setInstructions(2)
                          .setFaults(1)
                          .setBlocktimeNanos(1_500_000_000)))
          .setMigration(
              MigrationStatus.newBuilder()
                  .setDemandBytes(11)
                  .setDrainBytes(22)
                  .setBytesInFlight(33)
                  .setDowntimeNanos(250_000_000)
                  .setFirstInstructionNanos(4_000_000)
                  .setPages(
                      PageCounts.newBuilder()
                          .setTotal(100)
                          .setPresent(60)
                          .setDemand(10)
                          .setDrain(20)
                          .setZero(30)
                          .setDuplicate(5)
                          .setSent(70)
                          .setReleased(50)))
          .build();

  private static String scrape(Role role) throws Exception {
    PrometheusMeterRegistry registry = PrometheusRegistries.create();
    DaemonMeters meters = new DaemonMeters(registry, role, () -> STATUS);
    meters.registerVcpus(1);
    meters.registerVcpus(2);
    LatencyHistogram faults = new LatencyHistogram();
    meters.beginFaults(part -> countsOf(faults));
    faults.record(50_000);
    meters.beginFaults(part -> countsOf(faults));
    try (var telemetry =
            new TelemetryServer(new HostPort("127.0.0.1", 0), registry, Optional::empty);
        HttpClient client = HttpClient.newHttpClient()) {
      telemetry.start();
      URI uri = URI.create("http://127.0.0.1:" + telemetry.port() + "/metrics");
      return client
          .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    } finally {
      registry.close();
    }
  }

  private static LatencyCounts countsOf(LatencyHistogram histogram) {
    LatencyCounts counts = new LatencyCounts();
    counts.add(histogram);
    return counts;
  }

  @Test
  @Timeout(60)
  void nobodyWaitsForAScrapeThatHangs() throws Exception {
    PrometheusMeterRegistry registry = PrometheusRegistries.create();
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    DaemonMeters meters =
        new DaemonMeters(
            registry,
            Role.ROLE_SOURCE,
            () -> {
              asked.countDown();
              awaitUninterruptibly(answered);
              return STATUS;
            });
    Thread scrape = Thread.ofPlatform().daemon().start(registry::scrape);
    asked.await();
    Thread load = Thread.ofPlatform().daemon().start(() -> meters.registerVcpus(2));
    assertThat(load.join(Duration.ofSeconds(30))).as("Meters are registered meanwhile.").isTrue();
    answered.countDown();
    scrape.join();
    registry.close();
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void bothDaemonsShowPhaseLanesAndGuest() throws Exception {
    for (Role role : new Role[] {Role.ROLE_SOURCE, Role.ROLE_DESTINATION}) {
      assertThat(scrape(role))
          .contains("pageferry_phase{phase=\"postcopy_active\"} 1.0")
          .contains("pageferry_phase{phase=\"completed\"} 0.0")
          .contains("pageferry_pages{state=\"total\"} 100.0")
          .contains("pageferry_lane_bytes_total{lane=\"urgent\"} 11.0")
          .contains("pageferry_lane_bytes_total{lane=\"drain\"} 22.0")
          .contains("pageferry_guest_instructions_total 12.0")
          .contains("pageferry_guest_memory_bytes 8192.0")
          .contains("pageferry_guest_resident_bytes 4096.0")
          .contains("pageferry_vcpu_faults_total{vcpu=\"0\"} 3.0")
          .contains("pageferry_vcpu_blocktime_seconds_total{vcpu=\"1\"} 1.5");
    }
  }

  @Test
  void theSourceShowsWhatIsSentReleasedAndInFlight() throws Exception {
    assertThat(scrape(Role.ROLE_SOURCE))
        .contains("pageferry_downtime_seconds 0.25")
        .contains("pageferry_in_flight_bytes 33.0")
        .contains("pageferry_pages{state=\"sent\"} 70.0")
        .contains("pageferry_pages{state=\"released\"} 50.0")
        .contains("pageferry_pages{state=\"zero\"} 30.0")
        .doesNotContain("pageferry_fault_latency");
  }

  @Test
  void theDestinationShowsPagesByOriginAndTheFaultsOfAllMigrationsInTheirParts() throws Exception {
    String metrics = scrape(Role.ROLE_DESTINATION);
    assertThat(metrics)
        .doesNotContain("pageferry_downtime")
        .contains("pageferry_first_instruction_seconds 0.004")
        .contains("pageferry_pages{state=\"present\"} 60.0")
        .contains("pageferry_pages{state=\"missing\"} 40.0")
        .contains("pageferry_pages_received_total{origin=\"demand\"} 10.0")
        .contains("pageferry_pages_received_total{origin=\"drain\"} 20.0")
        .contains("pageferry_pages_received_total{origin=\"zero\"} 30.0")
        .contains("pageferry_pages_received_total{origin=\"duplicate\"} 5.0");
    for (String part : new String[] {"total", "queue", "wire", "install", "resume"}) {
      assertThat(metrics)
          .contains("pageferry_fault_latency_seconds_count{part=\"" + part + "\"} 2")
          .contains("pageferry_fault_latency_seconds_bucket{part=\"" + part + "\",le=\"+Inf\"} 2");
    }
  }
}
