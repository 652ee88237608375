package io.pageferry.fault.mechanism;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.fault.BlockingMechanism;
import io.pageferry.fault.PageStates;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import io.pageferry.userfaultfd.Userfaultfd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

@EnabledIf("io.pageferry.fault.mechanism.UserfaultfdMechanismTest#hostHasIt")
class UserfaultfdMechanismTest extends FaultMechanismTest {
  private static final int WAITERS = 100;

  UserfaultfdMechanismTest() {
    super(MechanismKind.USERFAULTFD);
  }

  static boolean hostHasIt() {
    try {
      Userfaultfd.open(true).close();
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private record Waiting(
      MemorySlot slot, PageStates states, BlockingMechanism mechanism, AtomicInteger through) {
    Thread touch(long page) {
      return Thread.ofPlatform()
          .start(() -> {
            mechanism.touch(page);
            if (slot.segment().get(JAVA_LONG, PageGeometry.bytes(page)) == page + 1) {
              through.incrementAndGet();
            }
          });
    }

    void install(long page) {
      assertThat(states.claim(page, 1)).isEqualTo(1);
      var _ = mechanism.fill(page, 1, (target, offset) -> target.set(JAVA_LONG, offset, page + 1));
      states.present(page, 1);
      mechanism.lift(page, 1);
    }
  }

  private static Waiting waiting(GuestMemory memory) {
    MemorySlot slot = memory.slots().getFirst();
    var mechanism = (BlockingMechanism) MechanismKind.USERFAULTFD.of(memory).apply(slot);
    mechanism.enable();
    return new Waiting(slot, PageStates.of(slot), mechanism, new AtomicInteger());
  }

  private static GuestMemory memory() {
    return GuestMemory.anonymous(List.of(new SlotLayout(0, 0, PageGeometry.bytes(WAITERS))));
  }

  @Test
  @Timeout(60)
  void collectionsGoOnWhileAHundredFaultsWait() throws InterruptedException {
    try (GuestMemory memory = memory()) {
      Waiting guest = waiting(memory);
      List<Thread> threads = new ArrayList<>();
      for (long page = 0; page < WAITERS; page++) {
        threads.add(guest.touch(page));
      }
      AtomicInteger raised = new AtomicInteger();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> {
            guest.mechanism().faults().take(address -> raised.incrementAndGet());
            return raised.get() == WAITERS;
          });
      for (int i = 0; i < 3; i++) {
        long before = System.nanoTime();
        System.gc();
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
      }
      assertThat(guest.through()).hasValue(0);
      for (long page = 0; page < WAITERS; page++) {
        guest.install(page);
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(guest.through()).hasValue(WAITERS);
      guest.mechanism().close();
    }
  }

  @Test
  @Timeout(60)
  void whoWaitsGoesOnWhenNothingIsStoppedAnyMore() throws InterruptedException {
    try (GuestMemory memory = memory()) {
      Waiting guest = waiting(memory);
      Thread thread = guest.touch(3);
      Awaitility.await()
          .until(() -> {
            int[] raised = {0};
            guest.mechanism().faults().take(address -> raised[0]++);
            return raised[0] == 1;
          });
      guest.mechanism().close();
      thread.join();
      assertThat(guest.through()).hasValue(0);
      assertThat(guest.states().isPresent(3)).isFalse();
    }
  }

  @Test
  void aPageThatAFailedArrivalPutInPlaceIsTakenOverByTheNext() {
    try (GuestMemory memory = memory()) {
      Waiting guest = waiting(memory);
      assertThat(guest.states().claim(7, 1)).isEqualTo(1);
      var _ = guest.mechanism().fill(7, 1, (target, offset) -> target.set(JAVA_LONG, offset, 8));
      guest.states().giveBack(7, 1);
      guest.install(7);
      assertThat(guest.slot().segment().get(JAVA_LONG, PageGeometry.bytes(7))).isEqualTo(8);
      guest.mechanism().close();
    }
  }
}
