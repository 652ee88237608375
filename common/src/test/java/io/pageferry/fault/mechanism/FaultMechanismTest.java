package io.pageferry.fault.mechanism;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.pageferry.fault.FaultMechanism;
import io.pageferry.fault.PageStates;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageHash;
import io.pageferry.memory.PageTrap;
import io.pageferry.memory.SlotLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every mechanism does; each has a subclass. */
abstract class FaultMechanismTest {
  private static final int PAGES = 200;
  private static final long LAST_WORD = PageGeometry.PAGE_SIZE - Long.BYTES;

  private final GuestMemory memory =
      GuestMemory.anonymous(
          List.of(
              new SlotLayout(0, 0x8000_0000L, PageGeometry.bytes(PAGES)),
              new SlotLayout(1, 0x9000_0000L, PageGeometry.bytes(PAGES))));
  private final MemorySlot slot = memory.slots().getFirst();
  private final PageStates states = PageStates.of(slot);
  private final FaultMechanism mechanism;
  private final FaultMechanism other;

  FaultMechanismTest(MechanismKind kind) {
    MechanismChoice choice = MechanismChoice.parse(kind.toString());
    var maker = choice.of(memory);
    mechanism = maker.apply(slot);
    other = maker.apply(memory.slots().get(1));
  }

  @AfterEach
  void unmap() {
    mechanism.disable();
    other.disable();
    memory.close();
  }

  /** As a vCPU sees it. */
  private boolean stops(long page) {
    PageTrap trap = slot.trap();
    return trap != null && trap.traps(page);
  }

  private long stopped() {
    long stopped = 0;
    for (int page = 0; page < PAGES; page++) {
      stopped += stops(page) ? 1 : 0;
    }
    return stopped;
  }

  /** As a lane and a vCPU do together. */
  private void install(long first, long count, long value) {
    assertThat(states.claim(first, count)).isEqualTo(count);
    var _ =
        mechanism.fill(
            first,
            count,
            (target, offset) -> {
              target.set(JAVA_LONG, offset, value);
              target.set(JAVA_LONG, offset + LAST_WORD, value);
            });
    states.present(first, count);
    mechanism.lift(first, count);
  }

  private void answer(long first, long count) {
    for (long page = first; page < first + count; page++) {
      mechanism.answer(page);
    }
  }

  @Test
  void nothingIsStoppedBeforeItIsEnabledAndEverythingAfterwards() {
    assertThat(stopped()).isZero();
    mechanism.enable();
    assertThat(stopped()).isEqualTo(PAGES);
    assertThatIllegalStateException().isThrownBy(mechanism::enable);
    assertThat(stopped()).isEqualTo(PAGES);
  }

  @Test
  void pagesThatAreLiftedAndAnsweredGoAheadAndNoOthers() {
    mechanism.enable();
    install(60, 70, 1);
    answer(60, 70);
    assertThat(stopped()).isEqualTo(PAGES - 70);
    assertThat(stops(59)).isTrue();
    assertThat(stops(60)).isFalse();
    assertThat(stops(129)).isFalse();
    assertThat(stops(130)).isTrue();
    mechanism.trap(100, 2);
    assertThat(stopped()).isEqualTo(PAGES - 68);
  }

  @Test
  void aPageThatIsAnsweredBeforeItsInstallerLiftsItGoesAhead() {
    mechanism.enable();
    assertThat(states.claim(5, 1)).isEqualTo(1);
    var _ = mechanism.fill(5, 1, (target, offset) -> target.set(JAVA_LONG, offset, 7));
    states.present(5, 1);
    mechanism.answer(5);
    assertThat(stops(5)).isFalse();
    mechanism.lift(5, 1);
    assertThat(stops(5)).isFalse();
    assertThat(stopped()).isEqualTo(PAGES - 1);
  }

  @Test
  void theSumOfAFillIsThatOfTheBytesInPlace() {
    mechanism.enable();
    assertThat(states.claim(3, 6)).isEqualTo(6);
    long[] next = {100};
    long sum =
        mechanism.fill(3, 6, (target, offset) -> target.set(JAVA_LONG, offset + 8, next[0]++));
    states.present(3, 6);
    mechanism.lift(3, 6);
    answer(3, 6);
    long expected = 0;
    for (int page = 3; page < 9; page++) {
      assertThat(slot.segment().get(JAVA_LONG, PageGeometry.bytes(page) + 8)).isEqualTo(97 + page);
      expected += PageHash.contribution(slot, page);
    }
    assertThat(sum).isEqualTo(expected);
  }

  @Test
  void aPageOfZerosIsZeroWhetherItWasTouchedBeforeOrNot() {
    mechanism.enable();
    assertThat(states.claim(0, 20)).isEqualTo(20);
    mechanism.fillZeros(0, 10);
    mechanism.leaveZeros(10, 10);
    states.present(0, 20);
    mechanism.lift(0, 20);
    answer(0, 20);
    for (int page = 0; page < 20; page++) {
      assertThat(slot.segment().get(JAVA_LONG, PageGeometry.bytes(page))).isZero();
    }
    assertThat(stopped()).isEqualTo(PAGES - 20);
  }

  @Test
  void onceDisabledItStopsNothingAndCanBeEnabledAgain() {
    mechanism.enable();
    install(3, 1, 1);
    answer(3, 1);
    mechanism.disable();
    mechanism.disable();
    assertThat(stopped()).isZero();
    // A lane may be late with what it lifts, and a vCPU with its answer.
    mechanism.lift(4, 1);
    mechanism.answer(5);
    mechanism.enable();
    assertThat(stops(3)).isTrue();
    assertThat(stops(7)).isTrue();
  }

  @Test
  void slotsOfOneGuestAreApart() {
    mechanism.enable();
    other.enable();
    install(0, PAGES, 1);
    answer(0, PAGES);
    assertThat(stopped()).isZero();
    PageTrap trap = Objects.requireNonNull(memory.slots().get(1).trap());
    for (int page = 0; page < PAGES; page++) {
      assertThat(trap.traps(page)).isTrue();
    }
    other.disable();
    assertThat(stopped()).isZero();
  }

  @Test
  void whoeverIsLetThroughSeesAllOfThePage() throws InterruptedException {
    mechanism.enable();
    AtomicInteger torn = new AtomicInteger();
    AtomicLong seen = new AtomicLong();
    List<Thread> readers = new ArrayList<>();
    for (int reader = 0; reader < 2; reader++) {
      readers.add(Thread.ofPlatform().start(() -> readAll(torn, seen)));
    }
    for (long page = 0; page < PAGES; page += 4) {
      install(page, 4, page + 1);
    }
    for (Thread reader : readers) {
      reader.join();
    }
    assertThat(torn).hasValue(0);
    assertThat(seen).hasValue(2 * PAGES);
  }

  /** Goes on like a vCPU: an access that stops is answered once its page is present. */
  private void readAll(AtomicInteger torn, AtomicLong seen) {
    for (int page = 0; page < PAGES; page++) {
      while (stops(page)) {
        if (states.isPresent(page)) {
          mechanism.answer(page);
        }
        Thread.onSpinWait();
      }
      long offset = PageGeometry.bytes(page);
      long expected = page / 4 * 4L + 1;
      if (slot.segment().get(JAVA_LONG, offset) != expected
          || slot.segment().get(JAVA_LONG, offset + LAST_WORD) != expected) {
        torn.incrementAndGet();
      }
      seen.incrementAndGet();
    }
  }

  @Test
  void disjointPagesAreLiftedByTwoThreadsAtOnce() throws InterruptedException {
    mechanism.enable();
    List<Thread> lanes = new ArrayList<>();
    for (int lane = 0; lane < 2; lane++) {
      int first = lane;
      lanes.add(
          Thread.ofPlatform()
              .start(() -> {
                for (long page = first; page < PAGES; page += 2) {
                  install(page, 1, 1);
                  mechanism.answer(page);
                }
              }));
    }
    for (Thread lane : lanes) {
      lane.join();
    }
    assertThat(states.isComplete()).isTrue();
    assertThat(stopped()).isZero();
  }
}
