package io.pageferry.rpc.loop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AdaptiveWaitTest {
  private static final long START = 1_000_000_000L;

  private final AdaptiveWait wait = new AdaptiveWait();

  @Test
  void pollsForSomeTimesTheUsualWait() {
    waits(70_000);
    assertThat(wait.pollNanos(START)).isBetween(120_000L, 160_000L);
  }

  @Test
  void pollsLongerThanAHiccupHoweverSoonMessagesUsuallyCome() {
    waits(5_000);
    assertThat(wait.pollNanos(START)).isEqualTo(100_000);
  }

  @Test
  void neverPollsForMessagesThatTakeLongerThanSomeWakeUps() {
    waits(AdaptiveWait.MAX_POLL_NANOS * 5);
    assertThat(wait.pollNanos(START)).isZero();
  }

  @Test
  void pollsAgainWhenMessagesComeSoonAgain() {
    waits(AdaptiveWait.MAX_POLL_NANOS * 5);
    waits(15_000);
    assertThat(wait.pollNanos(START)).isPositive();
  }

  @Test
  void blocksForAsLongAsItsCoreWasGone() {
    waits(20_000);
    wait.lookedInVain(START, START + 3_000_000);
    assertThat(wait.pollNanos(START + 5_999_999)).isZero();
    assertThat(wait.pollNanos(START + 6_000_000)).isPositive();
  }

  @Test
  void blocksForLongerEachTimeItLosesItsCoreAgainButNotForEver() {
    waits(20_000);
    long now = START;
    for (int factor : new int[] {1, 2, 4, 8, 16, 32, 32}) {
      now += 3_000_000;
      wait.lookedInVain(now - 3_000_000, now);
      now += Math.min(factor * 3_000_000L, 100_000_000);
      assertThat(wait.pollNanos(now - 1)).isZero();
      assertThat(wait.pollNanos(now)).isPositive();
    }
    wait.lookedInVain(now, now + 600_000_000_000L);
    assertThat(wait.pollNanos(now + 600_100_000_000L)).isPositive();
  }

  @Test
  void forgetsThatItLostItsCoreAWhileAgo() {
    waits(20_000);
    wait.lookedInVain(START, START + 3_000_000);
    long later = START + 1_000_000_000;
    wait.lookedInVain(later, later + 3_000_000);
    assertThat(wait.pollNanos(later + 6_000_000)).isPositive();
  }

  @Test
  void goesOnPollingWhenAnotherThreadHadSomethingSmallToDo() {
    waits(20_000);
    wait.lookedInVain(START, START + AdaptiveWait.LOST_CORE_NANOS);
    assertThat(wait.pollNanos(START + AdaptiveWait.LOST_CORE_NANOS)).isPositive();
  }

  private void waits(long nanos) {
    for (int i = 0; i < 100; i++) {
      wait.waited(nanos);
    }
  }
}
