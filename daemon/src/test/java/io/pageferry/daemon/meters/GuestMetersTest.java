package io.pageferry.daemon.meters;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.migration.Phase;
import io.pageferry.proto.v1.Direction;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.VcpuStatus;
import io.pageferry.telemetry.PrometheusRegistries;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestMetersTest {
  private static final Status STATUS =
      Status.newBuilder()
          .setPhase(StatusMessages.phase(Phase.POSTCOPY_ACTIVE))
          .setGuest(
              GuestStatus.newBuilder()
                  .setName("walker")
                  .setState(GuestState.GUEST_STATE_RUNNING)
                  .setMemoryBytes(8192)
                  .setResidentBytes(4096)
                  .setInstructionsElsewhere(30)
                  .addVcpus(VcpuStatus.newBuilder().setInstructions(40).setFaults(3))
                  .addVcpus(
                      VcpuStatus.newBuilder()
                          .setIndex(1)
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

  private static Status moving(Direction direction) {
    return STATUS.toBuilder()
        .setMigration(STATUS.getMigration().toBuilder().setDirection(direction))
        .build();
  }

  private static String scrape(Role role, List<Status> guests) {
    PrometheusMeterRegistry registry = PrometheusRegistries.create();
    GuestMeters.register(registry, role, () -> guests, List::of);
    try {
      return registry.scrape();
    } finally {
      registry.close();
    }
  }

  @Test
  void everyDaemonShowsPhaseLanesAndGuest() {
    for (Role role : new Role[] {Role.ROLE_SOURCE, Role.ROLE_DESTINATION, Role.ROLE_NODE}) {
      assertThat(scrape(role, List.of(moving(Direction.DIRECTION_OUTGOING))))
          .contains("pageferry_guests 1.0")
          .contains("pageferry_phase{guest=\"walker\",phase=\"postcopy_active\"} 1.0")
          .contains("pageferry_phase{guest=\"walker\",phase=\"completed\"} 0.0")
          .contains("pageferry_pages{guest=\"walker\",state=\"total\"} 100.0")
          .contains("pageferry_lane_bytes_total{guest=\"walker\",lane=\"demand\"} 11.0")
          .contains("pageferry_lane_bytes_total{guest=\"walker\",lane=\"drain\"} 22.0")
          .contains("pageferry_guest_instructions_total{guest=\"walker\"} 12.0")
          .contains("pageferry_guest_memory_bytes{guest=\"walker\"} 8192.0")
          .contains("pageferry_guest_resident_bytes{guest=\"walker\"} 4096.0")
          .contains("pageferry_vcpu_faults_total{guest=\"walker\",vcpu=\"0\"} 3.0")
          .contains("pageferry_vcpu_blocktime_seconds_total{guest=\"walker\",vcpu=\"1\"} 1.5");
    }
  }

  @Test
  void aGuestThatLeavesShowsWhatIsSentReleasedAndInFlight() {
    assertThat(scrape(Role.ROLE_SOURCE, List.of(moving(Direction.DIRECTION_OUTGOING))))
        .contains("pageferry_downtime_seconds{guest=\"walker\"} 0.25")
        .contains("pageferry_in_flight_bytes{guest=\"walker\"} 33.0")
        .contains("pageferry_pages{guest=\"walker\",state=\"sent\"} 70.0")
        .contains("pageferry_pages{guest=\"walker\",state=\"released\"} 50.0")
        .contains("pageferry_pages{guest=\"walker\",state=\"zero\"} 30.0")
        .doesNotContain("pageferry_fault_latency");
  }

  @Test
  void aGuestThatComesShowsPagesByOrigin() {
    assertThat(scrape(Role.ROLE_DESTINATION, List.of(moving(Direction.DIRECTION_INCOMING))))
        .doesNotContain("pageferry_downtime")
        .contains("pageferry_first_instruction_seconds{guest=\"walker\"} 0.004")
        .contains("pageferry_pages{guest=\"walker\",state=\"present\"} 60.0")
        .contains("pageferry_pages{guest=\"walker\",state=\"missing\"} 40.0")
        .contains("pageferry_pages_received_total{guest=\"walker\",origin=\"demand\"} 10.0")
        .contains("pageferry_pages_received_total{guest=\"walker\",origin=\"drain\"} 20.0")
        .contains("pageferry_pages_received_total{guest=\"walker\",origin=\"zero\"} 30.0")
        .contains("pageferry_pages_received_total{guest=\"walker\",origin=\"duplicate\"} 5.0");
  }

  @Test
  void theSeriesOfAGuestEndWithIt() {
    List<Status> guests = new ArrayList<>(List.of(moving(Direction.DIRECTION_OUTGOING)));
    assertThat(scrape(Role.ROLE_NODE, guests)).contains("walker");
    guests.clear();
    assertThat(scrape(Role.ROLE_NODE, guests))
        .contains("pageferry_guests 0.0")
        .doesNotContain("walker");
  }
}
