package io.pageferry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.migration.ErrorCode;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.PauseGuestRequest;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.ResumeGuestRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Guests that move on from where they have arrived, and back to where they came from. */
@Timeout(300)
class OnwardTest {
  private final Nodes a = Nodes.start();
  private final Nodes b = Nodes.start();
  private final Nodes c = Nodes.start();

  @AfterEach
  void close() {
    a.close();
    b.close();
    c.close();
  }

  private static void move(String guest, Nodes from, Nodes to) {
    from.begin(guest, to);
    from.awaitArrival(guest, to);
    assertThat(from.status(guest).getGuest().getState())
        .isEqualTo(GuestState.GUEST_STATE_HANDED_OVER);
    assertThat(to.status(guest).getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_RUNNING);
  }

  @Test
  void aRunningGuestMovesInACircleAndBackAndForth() {
    a.load("kv", "kv", 16);
    a.run("kv");
    move("kv", a, b);
    move("kv", b, c);
    move("kv", c, a);
    move("kv", a, b);
    move("kv", b, a);
    assertThat(a.guests()).hasSize(1);
    assertThat(b.guests()).hasSize(1);
    a.assertGuestIsWell("kv");
  }

  @Test
  void aGuestThatHasMovedAwayIsFencedWhereItWas() {
    a.load("counter", "counter", 4);
    a.run("counter");
    move("counter", a, b);
    move("counter", b, c);
    for (Nodes past : new Nodes[] {a, b}) {
      assertThat(
              Nodes.refusal(() ->
                      past.admin.resumeGuest(
                          ResumeGuestRequest.newBuilder().setGuest("counter").build()))
                  .code())
          .isEqualTo(ErrorCode.FENCED);
      assertThat(Nodes.refusal(() -> past.begin("counter", a)).code()).isEqualTo(ErrorCode.FENCED);
    }
  }

  @Test
  void whilePagesAreMissingItStaysAndTheReasonIsSaid() {
    a.load("touch", "touch", 4);
    a.run("touch");
    await()
        .atMost(Nodes.PATIENCE)
        .until(() -> a.status("touch").getGuest().getVcpus(0).getInstructions() > 1_000_000);
    var _ = a.admin.pauseGuest(PauseGuestRequest.newBuilder().setGuest("touch").build());
    var _ =
        a.admin.migrate(
            MigrateRequest.newBuilder()
                .setGuest("touch")
                .setDestination(b.address())
                .setDrainAfterMillis(3_600_000)
                .build());
    await()
        .atMost(Nodes.PATIENCE)
        .until(() -> a.status("touch").getPhase() == Phase.PHASE_POSTCOPY_ACTIVE);
    assertThat(Nodes.refusal(() -> b.begin("touch", c)))
        .hasMessageContaining("pages of it are still there")
        .returns(ErrorCode.GUEST_INCOMPLETE, refusal -> refusal.code());
    assertThat(Nodes.refusal(() -> a.begin("touch", c)).code())
        .isEqualTo(ErrorCode.MIGRATION_IN_PROGRESS);
    assertThat(b.status("touch").getPhase()).isEqualTo(Phase.PHASE_POSTCOPY_ACTIVE);
  }

  @Test
  void aNodeDoesNotTakeAGuestThatItHas() {
    a.load("counter", "counter", 4);
    a.begin("counter", a);
    await()
        .atMost(Nodes.PATIENCE)
        .until(() -> a.status("counter").getPhase() == Phase.PHASE_FAILED);
    assertThat(a.status("counter").getMigration().getReason())
        .contains("cannot be its destination too");
    assertThat(a.status("counter").getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_PAUSED);
  }
}
