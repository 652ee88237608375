package io.pageferry.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
  private static final Palette PLAIN = new Palette(false);

  @Test
  void itShowsTheDestinationsFaultsAndPagesByOrigin() {
    PageCounts there = pages().setDemand(100).setDrain(300).setZero(100).setPresent(500).build();
    MigrationStatus arriving =
        MigrationStatus.newBuilder()
            .setPages(there)
            .setFaults(1234)
            .setThroughputBytesPerSecond(5 << 20)
            .setEtaMillis(2500)
            .build();
    StatusPair statuses =
        StatusPair.of(source(), Status.newBuilder().setMigration(arriving).build());
    String line = ProgressLine.render(statuses, 80, PLAIN);
    assertThat(line).contains("POSTCOPY_ACTIVE", "50.0 %", "1,234 faults", "5 MiB/s", "ETA 2.50 s");
    assertThat(line).containsPattern("\\[#+=+\\.+ +]");
    assertThat(line).hasSizeLessThanOrEqualTo(80);
  }

  @Test
  void whileTheDestinationIsSilentItClaimsNeitherFaultsNorOrigins() {
    String line = ProgressLine.render(new StatusPair(source(), null, "", "No answer."), 80, PLAIN);
    assertThat(line).contains("POSTCOPY_ACTIVE", "40.0 %", "destination silent");
    assertThat(line).doesNotContain("faults", "[");
  }

  @Test
  void inAFileItIsNotCut() {
    String line = ProgressLine.render(StatusPair.of(source(), source()), 400, PLAIN);
    assertThat(line).doesNotContain("…");
  }

  private static PageCounts.Builder pages() {
    return PageCounts.newBuilder().setTotal(1000);
  }

  private static Status source() {
    return Status.newBuilder()
        .setPhase(Phase.PHASE_POSTCOPY_ACTIVE)
        .setMigration(
            MigrationStatus.newBuilder()
                .setPhase(Phase.PHASE_POSTCOPY_ACTIVE)
                .setPages(pages().setPresent(400)))
        .build();
  }
}
