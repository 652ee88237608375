package io.pageferry.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.fault.PageStates.State;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PageStatesTest {
  private static final int PAGES = 200;
  private static final long SEED = 20261128;

  private final GuestMemory memory =
      GuestMemory.anonymous(List.of(new SlotLayout(0, 0x8000_0000L, PageGeometry.bytes(PAGES))));
  private final MemorySlot slot = memory.slots().getFirst();
  private final PageStates states = PageStates.of(slot);

  @AfterEach
  void unmap() {
    memory.close();
  }

  private List<State> all() {
    List<State> all = new ArrayList<>();
    for (int page = 0; page < PAGES; page++) {
      all.add(states.state(page));
    }
    return all;
  }

  @Test
  void everyPageIsMissingAtFirst() {
    assertThat(all()).containsOnly(State.MISSING);
    assertThat(states.presentPages()).isZero();
  }

  @Test
  void aPageGoesFromMissingOverClaimedToPresent() {
    assertThat(states.claim(5, 1)).isOne();
    assertThat(states.state(5)).isEqualTo(State.CLAIMED);
    assertThat(states.isPresent(5)).isFalse();
    assertThat(states.claim(5, 1)).isZero();
    states.present(5, 1);
    assertThat(states.state(5)).isEqualTo(State.PRESENT);
    assertThat(states.isPresent(5)).isTrue();
    assertThat(states.claim(5, 1)).isZero();
    assertThat(states.presentPages()).isOne();
  }

  @Test
  void aPageThatIsGivenBackIsMissingAndCanBeClaimedAgain() {
    assertThat(states.claim(30, 5)).isEqualTo(5);
    states.giveBack(30, 5);
    assertThat(all()).containsOnly(State.MISSING);
    assertThat(states.claim(30, 5)).isEqualTo(5);
  }

  @Test
  void aClaimEndsAtTheFirstPageThatIsNotMissing() {
    assertThat(states.claim(70, 1)).isOne();
    assertThat(states.claim(10, 150)).isEqualTo(60);
    assertThat(states.claim(71, PAGES - 71)).isEqualTo(PAGES - 71);
    assertThat(all().subList(0, 10)).containsOnly(State.MISSING);
    assertThat(all().subList(10, PAGES)).containsOnly(State.CLAIMED);
  }

  @Test
  void aPageThatCameAheadOfNeedIsUsedOnce() {
    assertThat(states.claim(31, 3)).isEqualTo(3);
    states.presentAhead(31, 3);
    assertThat(all().subList(31, 34)).containsOnly(State.AHEAD);
    assertThat(states.isPresent(32)).isTrue();
    assertThat(states.claim(31, 3)).isZero();
    states.touch(32);
    states.touch(32);
    assertThat(states.state(32)).isEqualTo(State.PRESENT);
    assertThat(states.aheadPages()).isEqualTo(3);
    assertThat(states.usedPages()).isOne();
    assertThat(states.presentPages()).isEqualTo(3);
  }

  @Test
  void aTouchChangesNoPageThatDidNotComeAhead() {
    assertThat(states.claim(1, 2)).isEqualTo(2);
    states.present(2, 1);
    states.touch(0);
    states.touch(1);
    states.touch(2);
    assertThat(all().subList(0, 3)).containsExactly(State.MISSING, State.CLAIMED, State.PRESENT);
    assertThat(states.usedPages()).isZero();
  }

  @Test
  void onlyAClaimedPageBecomesPresentOrIsGivenBack() {
    assertThatThrownBy(() -> states.present(3, 1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> states.presentAhead(4, 1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> states.giveBack(5, 1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> states.claim(PAGES, 1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> states.state(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void rangesDoWhatPageByPageWouldDo() {
    State[] expected = new State[PAGES];
    Arrays.fill(expected, State.MISSING);
    Random random = new Random(SEED);
    for (int round = 0; round < 2_000; round++) {
      int first = random.nextInt(PAGES);
      int most = 1 + random.nextInt(PAGES - first);
      int claimed = (int) states.claim(first, most);
      int run = 0;
      while (run < most && expected[first + run] == State.MISSING) {
        run++;
      }
      assertThat(claimed).as("round %d of seed %d", round, SEED).isEqualTo(run);
      int fate = random.nextInt(20);
      if (fate == 0) {
        states.present(first, claimed);
      } else if (fate == 1) {
        states.presentAhead(first, claimed);
      } else {
        states.giveBack(first, claimed);
      }
      if (fate < 2) {
        Arrays.fill(expected, first, first + claimed, fate == 0 ? State.PRESENT : State.AHEAD);
      }
    }
    assertThat(all()).isEqualTo(Arrays.asList(expected));
    assertThat(states.presentPages())
        .isEqualTo(Arrays.stream(expected).filter(state -> state != State.MISSING).count());
  }

  /** Rule 2: of racing lanes, one claims each page, also where neighbours share a word. */
  @Test
  void racingThreadsClaimEveryPageOnceWhateverIsGivenBackMeanwhile() throws Exception {
    try (ExecutorService lanes = Executors.newFixedThreadPool(3)) {
      List<Future<Long>> counts = new ArrayList<>();
      for (int lane = 0; lane < 3; lane++) {
        long seed = SEED + lane;
        counts.add(lanes.submit(() -> install(new Random(seed))));
      }
      long installed = 0;
      for (Future<Long> count : counts) {
        installed += count.get();
      }
      assertThat(installed).as("seed %d", SEED).isEqualTo(PAGES);
    }
    assertThat(states.isComplete()).isTrue();
    assertThat(all()).containsOnly(State.PRESENT);
  }

  private long install(Random random) {
    long installed = 0;
    while (!states.isComplete()) {
      long first = random.nextInt(PAGES);
      long claimed = states.claim(first, Math.min(PAGES - first, 1 + random.nextInt(80)));
      if (random.nextInt(4) == 0) {
        states.giveBack(first, claimed);
      } else {
        states.present(first, claimed);
        installed += claimed;
      }
    }
    return installed;
  }
}
