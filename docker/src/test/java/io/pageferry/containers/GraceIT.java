package io.pageferry.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Phase;
import org.junit.jupiter.api.Test;

/** What SIGTERM during a migration leaves, with the grace period that the images have. */
@NeedsEngine
class GraceIT {
  @Test
  void aSourceThatIsToldToEndAfterSwitchoverSendsEveryPageFirst() throws Exception {
    try (Stage stage = new Stage()) {
      stage.runGuest("smp", "32MiB");
      var _ = stage.ferry("guest", "pause").succeeded();
      String before = stage.ferry("digest").succeeded();
      stage.holdInPostcopy();
      stage.source().signal("TERM");
      PageCounts pages =
          stage.destination().awaitPhase(Phase.PHASE_COMPLETED).getMigration().getPages();
      assertThat(pages.getPresent()).isEqualTo(pages.getTotal());
      assertThat(stage.source().awaitExit()).isEqualTo(143);
      assertThat(stage.ferry("digest", "--at", "dest").succeeded()).isEqualTo(before);
      var _ = stage.ferry("guest", "resume", "--at", "dest").succeeded();
      stage.assertGuestFindsItselfWhole("smp");
    }
  }
}
