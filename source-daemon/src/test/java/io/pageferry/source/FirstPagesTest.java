package io.pageferry.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.PageFrame;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.ResumeGuestRequest;
import io.pageferry.proto.v1.TransferStateRequest;
import java.util.BitSet;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The pages that go with the state of a guest that has registers. */
class FirstPagesTest {
  private static final int PAGES = 1024;

  private final SourceHarness source = new SourceHarness();
  private final ScriptedDestination destination = new ScriptedDestination();

  @AfterEach
  void close() {
    destination.close();
    source.close();
  }

  @Test
  void codeAndStackGoWithTheStateAndAreNotDrainedAgain() throws Exception {
    runProgram();
    destination.onPrepare = response -> response.toBuilder().setTakesFirstPages(true).build();
    source.migrateTo(destination.address());
    var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);

    TransferStateRequest state = Objects.requireNonNull(destination.state);
    BitSet nonzero = BitSet.valueOf(state.getContents(0).getNonzeroBitmap().toByteArray());
    BitSet first = new BitSet();
    for (PageFrame frame : state.getFirstPagesList()) {
      assertThat(frame.getPageCount()).isEqualTo(1);
      assertThat(frame.getData().size()).isEqualTo(4096);
      assertThat(first.get((int) frame.getFirstPage())).isFalse();
      first.set((int) frame.getFirstPage());
    }
    assertThat(first.cardinality()).isBetween(1, 8);
    assertThat(first.stream().allMatch(nonzero::get)).isTrue();

    destination.drain().send(acknowledging(first));
    BitSet seen = (BitSet) first.clone();
    while (seen.cardinality() < nonzero.cardinality()) {
      PageFrame frame = destination.drain().take();
      for (int page = 0; page < frame.getPageCount(); page++) {
        int number = (int) frame.getFirstPage() + page;
        assertThat(seen.get(number)).as("page %d came before", number).isFalse();
        seen.set(number);
      }
      destination.drain().send(TestLane.installed(0, frame.getFirstPage(), frame.getPageCount()));
    }
    var _ = source.awaitPhase(Phase.PHASE_COMPLETED);
  }

  private void runProgram() {
    var _ =
        source.admin.loadGuest(
            LoadGuestRequest.newBuilder()
                .setVcpuCount(2)
                .setMemoryBytes(PAGES * 4096L)
                .setBundledProgram("counter")
                .build());
    var _ = source.admin.resumeGuest(ResumeGuestRequest.getDefaultInstance());
    source.assertGuestRunsOn();
  }

  @Test
  void aDestinationThatDoesNotKnowThemGetsNone() {
    runProgram();
    source.migrateTo(destination.address());
    var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);
    assertThat(Objects.requireNonNull(destination.state).getFirstPagesList()).isEmpty();
  }

  private static DrainRequest acknowledging(BitSet pages) {
    var request = DrainRequest.newBuilder();
    pages.stream()
        .forEach(page -> request.addInstalled(TestLane.installed(0, page, 1).getInstalled(0)));
    return request.build();
  }
}
