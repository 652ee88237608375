package io.pageferry.rpc;

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
    long lost = 2 * AdaptiveWait.LOST_CORE_NANOS;
    long now = wait.foundNothing(System.nanoTime() - lost);
    assertThat(wait.pollNanos(now + lost / 2)).isZero();
    assertThat(wait.pollNanos(now + 2 * lost)).isPositive();
  }

  @Test
  void blocksForLongerTheOftenerItLosesItsCore() {
    waits(20_000);
    long lost = 2 * AdaptiveWait.LOST_CORE_NANOS;
    long now = 0;
    for (int i = 0; i < 10; i++) {
      now = wait.foundNothing(System.nanoTime() - lost);
    }
    assertThat(wait.pollNanos(now + 30 * lost)).isZero();
    assertThat(wait.pollNanos(now + 1_000_000_000)).isPositive();
  }

  @Test
  void goesOnPollingWhenAnotherThreadHadSomethingSmallToDo() {
    waits(20_000);
    long now = wait.foundNothing(System.nanoTime() - AdaptiveWait.LOST_CORE_NANOS / 3);
    assertThat(wait.pollNanos(now)).isPositive();
  }

  private void waits(long nanos) {
    for (int i = 0; i < 100; i++) {
      wait.waited(nanos);
    }
  }
}
