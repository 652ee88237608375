package io.pageferry.bench.mechanism;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.pageferry.bench.report.Host;
import io.pageferry.fault.mechanism.MechanismKind;
import io.pageferry.guest.MachineSpec.Pattern;
import io.pageferry.userfaultfd.UserfaultUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LocalGuestTest {
  private static final long BYTES = 4L << 20;
  private static final Duration LIMIT = Duration.ofSeconds(2);

  @ParameterizedTest
  @EnumSource
  void eachMechanismServesEveryPageOnDemandAndMemoryIsRight(MechanismKind kind) throws Exception {
    Cell cell = new Cell(kind, Way.LOCAL, 3, Pattern.UNIFORM);
    try (LocalGuest guest = new LocalGuest(3, Pattern.UNIFORM, BYTES, 0.5)) {
      CellResult result = guest.run(cell, LIMIT);
      assertThat(result.faults()).isGreaterThanOrEqualTo(BYTES / 4096);
      assertThat(result.latency().getTotal().getP50()).isPositive();
    } catch (UserfaultUnavailableException e) {
      abort(e.getMessage());
    }
  }

  @Test
  void aReportShowsEachCellAndMarksMoreVcpusThanCores() throws Exception {
    List<CellResult> results = new ArrayList<>();
    int many = Host.current().cores() + 1;
    for (int vcpus : List.of(1, many)) {
      Cell cell = new Cell(MechanismKind.EXIT_ALWAYS, Way.LOCAL, vcpus, Pattern.SEQUENTIAL);
      try (LocalGuest guest = new LocalGuest(vcpus, Pattern.SEQUENTIAL, BYTES, 1)) {
        results.add(guest.run(cell, LIMIT));
      }
    }
    MechanismsReport report =
        new MechanismsReport(
            Host.current(),
            1,
            Summary.of(results),
            List.of(new StateCost(MechanismKind.EXIT_ALWAYS, 1, 2, 3, 4, 5)));
    assertThat(String.join("\n", report.text()))
        .contains(many + "*", "* more vCPUs than cores", "exit-always", "sequential");
    assertThat(report.page()).contains("local, 1 vCPUs, sequential", "more vCPUs than cores");
    assertThat(report.json().getAsJsonArray("runs")).hasSize(2);
  }
}
