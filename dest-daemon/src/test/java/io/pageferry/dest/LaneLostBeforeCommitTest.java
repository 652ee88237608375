package io.pageferry.dest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.dest.link.ScriptedSource;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.dest.timing.FaultTimings;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.guest.MachineSpec;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.SlotLayout;
import io.pageferry.migration.MigrationKey;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

/**
 * What an incoming migration does with lanes that end, or cannot be made, before it is committed.
 */
class LaneLostBeforeCommitTest {
  private static final int PAGES = 256;
  private static final long BYTES = PAGES * 4096L;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final MigrationKey key = new MigrationKey(UUID.randomUUID(), UUID.randomUUID(), 2);
  private final ScriptedSource source = new ScriptedSource();

  @AfterEach
  void close() {
    source.close();
  }

  @Test
  void aCommitThatComesRightAfterALaneIsLostIsRefused() throws Exception {
    GuestMemory memory =
        GuestMemory.anonymous(List.of(new SlotLayout(0, MachineSpec.RAM_BASE, BYTES)));
    var migration =
        new IncomingMigration(
            key,
            "walker",
            source.address(),
            1,
            1,
            GuestPages.missing(memory, MechanismChoice.DEFAULT.of(memory)),
            MechanismChoice.DEFAULT,
            PrefetchPolicy.Kind.none,
            new FaultTimings(1, true),
            Level.DEBUG,
            new AbortedMigrations());
    migration.awaitLanes();
    migration.loadState(PausedGuest.state(StatusMessages.ref(key), PAGES, 1));
    CountDownLatch release = new CountDownLatch(1);
    try {
      keepVirtualThreadsBusy(release);
      source.loseDrainLane();
      // It is known within moments; what then ends the migration is a virtual thread, and waits.
      LockSupport.parkNanos(500_000_000);
      assertThatThrownBy(migration::commit).hasMessageContaining("never ran its guest");
    } finally {
      release.countDown();
    }
    assertThat(migration.tracker().phase()).hasToString("FAILED");
    await().atMost(PATIENCE).until(() -> migration.guest().isEmpty());
  }

  /** So that what is left to a virtual thread is done late. */
  private static void keepVirtualThreadsBusy(CountDownLatch release) throws InterruptedException {
    int carriers = Runtime.getRuntime().availableProcessors();
    CountDownLatch busy = new CountDownLatch(carriers);
    long patience = System.nanoTime() + 5_000_000_000L;
    for (int carrier = 0; carrier < carriers; carrier++) {
      var _ =
          Thread.ofVirtual()
              .start(() -> {
                busy.countDown();
                while (release.getCount() > 0 && System.nanoTime() < patience) {
                  Thread.onSpinWait();
                }
              });
    }
    assertThat(busy.await(30, TimeUnit.SECONDS)).isTrue();
  }
}
