package io.pageferry.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.fault.GuestPages;
import io.pageferry.fault.PageStates;
import io.pageferry.fault.mechanism.UserfaultBitmapMechanism;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.ExecutionFence;
import io.pageferry.migration.PageFerryException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class HostedGuestTest {
  private static final int HANDOVERS = 200;
  private static final int LOOKS = 2_000;

  private static void assertRefused(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PageFerryException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void aGuestRunsOnlyWhileItsFenceIsHeld() {
    ExecutionFence fence = ExecutionFence.held(1);
    try (HostedGuest guest = TestGuests.guest(fence)) {
      guest.resume();
      assertThat(guest.machine().state()).isEqualTo(Machine.State.RUNNING);
      fence.freeze();
      guest.machine().pause();
      assertRefused(ErrorCode.WRONG_GUEST_STATE, guest::resume);
      assertRefused(ErrorCode.WRONG_GUEST_STATE, guest::pause);
      fence.giveUp(2);
      assertRefused(ErrorCode.FENCED, guest::resume);
      assertRefused(ErrorCode.FENCED, guest::pause);
      assertRefused(ErrorCode.FENCED, guest::memorySha256);
      assertThat(guest.machine().state()).isEqualTo(Machine.State.PAUSED);
    }
  }

  @Test
  void aGuestThatIsUnloadedWhileItIsReadIsGoneAndNotADefect() throws Exception {
    HostedGuest guest = TestGuests.guest(ExecutionFence.held(1));
    CompletableFuture<ErrorCode> end = new CompletableFuture<>();
    CountDownLatch reading = new CountDownLatch(1);
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            while (true) {
              var _ = guest.memorySha256();
              var _ = guest.read(MachineSpec.RAM_BASE, 4096);
              reading.countDown();
            }
          } catch (PageFerryException e) {
            var _ = end.complete(e.code());
          } catch (RuntimeException e) {
            var _ = end.completeExceptionally(e);
          }
        });
    reading.await();
    guest.close();
    assertThat(end.get(60, TimeUnit.SECONDS)).isEqualTo(ErrorCode.NO_GUEST);
    assertThat(guest.memory().residentBytes()).isZero();
  }

  @Test
  void aGuestThatIsExpectedDoesNotRunBeforeItsEpochIsTaken() {
    ExecutionFence fence = ExecutionFence.expecting(2);
    try (HostedGuest guest = TestGuests.guest(fence)) {
      assertRefused(ErrorCode.FENCED, guest::resume);
      assertThatThrownBy(() -> fence.take(1)).isInstanceOf(IllegalStateException.class);
      assertRefused(ErrorCode.FENCED, guest::resume);
      fence.take(2);
      guest.resume();
      assertThat(guest.machine().state()).isEqualTo(Machine.State.RUNNING);
    }
  }

  @Test
  void whoResumesWhileTheGuestIsHandedOverDoesNotGetItRunning() throws Exception {
    ExecutionFence fence = ExecutionFence.held(1);
    AtomicBoolean over = new AtomicBoolean();
    try (HostedGuest guest = TestGuests.guest(fence)) {
      Thread persistent = Thread.ofPlatform().start(() -> resumeUntil(over, guest));
      try {
        for (int i = 0; i < HANDOVERS; i++) {
          fence.freeze();
          guest.machine().pause();
          fence.giveUp(fence.epoch() + 1);
          for (int look = 0; look < LOOKS; look++) {
            assertThat(guest.machine().state()).isEqualTo(Machine.State.PAUSED);
          }
          fence.comeBack();
        }
      } finally {
        over.set(true);
        persistent.join();
      }
    }
  }

  private static void resumeUntil(AtomicBoolean over, HostedGuest guest) {
    while (!over.get()) {
      try {
        guest.resume();
      } catch (PageFerryException e) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void digestsAreRefusedWhileTheGuestRunsOrPagesAreMissing() {
    try (HostedGuest guest = TestGuests.guest(ExecutionFence.held(1))) {
      assertThat(guest.memorySha256()).hasSize(64).isEqualTo(guest.memorySha256());
      guest.resume();
      assertRefused(ErrorCode.WRONG_GUEST_STATE, guest::memorySha256);
      assertRefused(ErrorCode.WRONG_GUEST_STATE, guest::stateSha256);
    }
    Machine machine = TestGuests.machine();
    GuestPages pages = GuestPages.missing(machine.memory(), UserfaultBitmapMechanism::new);
    try (HostedGuest coming =
        new HostedGuest(UUID.randomUUID(), machine, ExecutionFence.held(1), pages)) {
      assertRefused(ErrorCode.WRONG_GUEST_STATE, coming::memorySha256);
    }
  }

  @Test
  void whetherAPageCanBeReadIsSaidByItsStateAndNotByTheTrap() {
    Machine machine = TestGuests.machine();
    GuestPages pages = GuestPages.missing(machine.memory(), UserfaultBitmapMechanism::new);
    PageStates states = pages.slots().getFirst().states();
    long gpa = MachineSpec.RAM_BASE;
    try (HostedGuest coming =
        new HostedGuest(UUID.randomUUID(), machine, ExecutionFence.held(1), pages)) {
      assertThat(states.claim(0, 1)).isOne();
      assertRefused(ErrorCode.WRONG_GUEST_STATE, () -> coming.read(gpa, 8));
      states.present(0, 1);
      assertThat(pages.slots().getFirst().mechanism().traps(0)).isTrue();
      assertThat(coming.read(gpa, 8)).hasSize(8);
      assertRefused(ErrorCode.WRONG_GUEST_STATE, () -> coming.read(gpa + 4092, 8));
    }
  }
}
