package io.pageferry.daemon.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RehearsalTest {
  private final CountDownLatch begun = new CountDownLatch(1);
  private final AtomicInteger interruptions = new AtomicInteger();

  /** Goes on for ever, as a play does. */
  private void endless() {
    begun.countDown();
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      interruptions.incrementAndGet();
    }
  }

  private Rehearsal endlessFor(Duration length) {
    return new Rehearsal(length, this::endless);
  }

  @Test
  void itEndsByItselfAfterItsLength() {
    Rehearsal rehearsal = endlessFor(Duration.ofMillis(50));
    assertThat(rehearsal.isOn()).isTrue();
    rehearsal.start();
    await().until(() -> !rehearsal.isOn());
    assertThat(interruptions).hasValue(1);
  }

  @Test
  void stoppingEndsItLongBeforeItsLength() throws InterruptedException {
    Rehearsal rehearsal = endlessFor(Rehearsal.LONGEST);
    rehearsal.start();
    assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
    long start = System.nanoTime();
    rehearsal.stop();
    rehearsal.stop();
    rehearsal.close();
    assertThat(rehearsal.isOn()).isFalse();
    assertThat(System.nanoTime() - start).isLessThan(Rehearsal.LONGEST.toNanos() / 2);
    assertThat(interruptions).hasValue(1);
  }

  @Test
  void nothingBeginsThatWasStoppedBefore() {
    Rehearsal rehearsal = endlessFor(Rehearsal.LONGEST);
    rehearsal.stop();
    rehearsal.start();
    assertThat(rehearsal.isOn()).isFalse();
    rehearsal.close();
    assertThat(begun.getCount()).isEqualTo(1);
  }

  @Test
  void nothingBeginsWithoutALength() {
    Rehearsal rehearsal = endlessFor(Duration.ZERO);
    rehearsal.start();
    assertThat(rehearsal.isOn()).isFalse();
    rehearsal.close();
    assertThat(begun.getCount()).isEqualTo(1);
  }

  @Test
  void aPlayThatFailsEndsTheRehearsalAndNothingElse() {
    Rehearsal rehearsal =
        new Rehearsal(
            Rehearsal.LONGEST,
            () -> {
              throw new IllegalStateException("No guest today.");
            });
    rehearsal.start();
    await().until(() -> !rehearsal.isOn());
    rehearsal.close();
  }

  @Test
  void aLengthBelowZeroOrBeyondTheLongestIsRefused() {
    Rehearsal.checkLength(Duration.ZERO);
    Rehearsal.checkLength(Rehearsal.LONGEST);
    for (Duration wrong : new Duration[] {Duration.ofNanos(-1), Rehearsal.LONGEST.plusNanos(1)}) {
      assertThatThrownBy(() -> Rehearsal.checkLength(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("--rehearsal");
    }
  }
}
