package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.proto.v1.DigestGuestResponse;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.LoadGuestRequest;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A guest with one hart whose time follows its instructions does the same each time, so where it
 * has run, and when it was moved, must not show in a single bit of registers or memory.
 */
class DeterminismTest {
  private static final int CASES = 20;
  private static final List<String> PROGRAMS = List.of("kv", "counter", "touch");

  @Test
  void aMoveInTheMiddleChangesNoBitOfRegistersOrMemory() {
    long seed = Guests.seed();
    Random random = new Random(seed);
    int movedWhileRunning = 0;
    try (DaemonPair daemons = DaemonPair.start()) {
      for (int i = 0; i < CASES; i++) {
        long limit = random.nextLong(8_000_000, 40_000_000);
        long moment = random.nextLong(limit / 4);
        LoadGuestRequest guest =
            Guests.program(PROGRAMS.get(i % PROGRAMS.size()), 1, 8, seed + i)
                .setStopAfterInstructions(limit)
                .build();
        String name =
            "%s, stopped after %d instructions, moved after %d, seed %d"
                .formatted(guest.getBundledProgram(), limit, moment, seed);
        DigestGuestResponse unmoved = withoutMove(daemons, guest);
        movedWhileRunning += assertSameAfterMove(daemons, guest, moment, unmoved, name) ? 1 : 0;
      }
    }
    assertThat(movedWhileRunning)
        .as("moves that came before the guest had ended, seed %d", seed)
        .isEqualTo(CASES);
  }

  private static DigestGuestResponse withoutMove(DaemonPair daemons, LoadGuestRequest guest) {
    daemons.run(guest);
    var _ = DaemonPair.awaitShutdown(daemons.source());
    DigestGuestResponse digest = DaemonPair.digest(daemons.source());
    DaemonPair.unload(daemons.source());
    return digest;
  }

  /** Whether the guest still had something to do when it was moved. */
  private static boolean assertSameAfterMove(
      DaemonPair daemons,
      LoadGuestRequest guest,
      long moment,
      DigestGuestResponse unmoved,
      String name) {
    daemons.run(guest);
    daemons.awaitInstructions(moment);
    var _ = daemons.migrate();
    GuestStatus ended = DaemonPair.awaitShutdown(daemons.destination());
    assertThat(DaemonPair.instructions(ended)).as(name).isEqualTo(guest.getStopAfterInstructions());
    DigestGuestResponse moved = DaemonPair.digest(daemons.destination());
    assertThat(moved).as(name).isEqualTo(unmoved);
    long doneHere = DaemonPair.instructions(daemons.source().status().getGuest());
    daemons.unloadBoth();
    return doneHere < guest.getStopAfterInstructions();
  }
}
