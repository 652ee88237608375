package io.pageferry.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.proto.v1.ListSlowestFaultsResponse;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.PageOrigin;
import io.pageferry.proto.v1.SlowFault;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultsViewTest {
  private static ListSlowestFaultsResponse.Builder response() {
    return ListSlowestFaultsResponse.newBuilder()
        .setMigration(MigrationRef.newBuilder().setMigrationId("6f1c"))
        .setFaultCount(5032);
  }

  private static SlowFault fault() {
    return SlowFault.newBuilder()
        .setVcpu(1)
        .setGuestPhysicalAddress(0x8012_3458L)
        .setPage(0x123)
        .setOrigin(PageOrigin.PAGE_ORIGIN_FETCH)
        .setAtNanos(1_204_000_000L)
        .setTotalNanos(127_000_000)
        .setQueueNanos(61_400)
        .setWireNanos(126_000_000)
        .setInstallNanos(9_020)
        .setResumeNanos(929_580)
        .build();
  }

  @Test
  void eachFaultHasALineWithItsPartsThatFitsASmallScreen() {
    SlowFault unknown = SlowFault.newBuilder().setTotalNanos(2_000).build();
    List<String> lines =
        FaultsView.render(
            response().addFaults(fault()).addFaults(unknown).build(), 80, Palette.PLAIN);
    assertThat(lines)
        .containsExactly(
            "The slowest 2 of 5,032 faults in migration 6f1c:",
            "",
            "       at    total    queue     wire  install   resume  vCPU  origin        gfn",
            "   1.20 s   127 ms  61.4 µs   126 ms  9.02 µs   930 µs     1  fetch     0x80123",
            "     0 ns     2 µs        -        -        -        -     0  -             0x0");
    assertThat(lines).allMatch(line -> line.length() <= 80);
  }

  @Test
  void aWideScreenAlsoShowsSlotPageAndAddress() {
    assertThat(FaultsView.render(response().addFaults(fault()).build(), 120, Palette.PLAIN))
        .last()
        .asString()
        .endsWith("0x80123     0         291   0x80123458");
  }

  @Test
  void aMigrationWithoutFaultsSaysSo() {
    assertThat(FaultsView.render(response().build(), 80, Palette.PLAIN))
        .containsExactly("No vCPU has waited for a page in migration 6f1c.");
  }
}
