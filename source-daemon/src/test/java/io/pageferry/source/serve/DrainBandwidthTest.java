package io.pageferry.source.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.memory.PageGeometry;
import io.pageferry.source.image.Delivery;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

class DrainBandwidthTest {
  private static final long FRAME = PageGeometry.bytes(Delivery.MAX_FRAME_PAGES);
  private static final long SECOND = 1_000_000_000L;

  /** Ten frames a second. */
  private static final long RATE = 10 * FRAME;

  /** Not far from where the clock's numbers overflow, which they may. */
  private long now = Long.MAX_VALUE - SECOND;

  private final long start = now;
  private final DrainBandwidth bandwidth = new DrainBandwidth(RATE, () -> now);

  /** A drain that sends frames of one size as often as it may. */
  private final class Drain {
    private final long frameBytes;
    private long turn = bandwidth.takeTurn();
    private long bytes;

    Drain(long frameBytes) {
      this.frameBytes = frameBytes;
    }

    void send() {
      now = Math.max(now - start, turn - start) + start;
      bandwidth.endTurn(frameBytes);
      bytes += frameBytes;
      turn = bandwidth.takeTurn();
    }
  }

  /** Lets drains send for some seconds, each when its turn comes. */
  private void run(List<Drain> drains, long seconds) {
    while (now - start < seconds * SECOND) {
      drains.stream()
          .min(Comparator.comparingLong(drain -> drain.turn - start))
          .orElseThrow()
          .send();
    }
  }

  @Test
  void oneDrainHasAllOfIt() {
    Drain drain = new Drain(FRAME);
    run(List.of(drain), 10);
    assertThat(drain.bytes).isBetween(10 * RATE - 2 * FRAME, 10 * RATE + 2 * FRAME);
  }

  @Test
  void drainsThatCouldSendMoreHaveEqualShares() {
    List<Drain> drains = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      drains.add(new Drain(FRAME));
    }
    run(drains, 10);
    for (Drain drain : drains) {
      assertThat(drain.bytes).isBetween(10 * RATE / 4 - 2 * FRAME, 10 * RATE / 4 + 2 * FRAME);
    }
  }

  @Test
  void whatASmallFrameDoesNotUseIsNotLost() {
    // Pages of zeros travel without their bytes.
    Drain drain = new Drain(FRAME / 16);
    run(List.of(drain), 10);
    assertThat(drain.bytes).isBetween(10 * RATE - 2 * FRAME, 10 * RATE + 2 * FRAME);
  }

  @Test
  void whatNobodyUsedForLongIsNotSentAtOnceLater() {
    now += 100 * SECOND;
    Drain drain = new Drain(FRAME);
    long before = now;
    while (now == before) {
      drain.send();
    }
    assertThat(drain.bytes).isLessThanOrEqualTo(3 * FRAME);
  }

  @Test
  void aDrainThatTakesNoTurnLeavesItsShareToTheOthers() {
    Drain slow = new Drain(FRAME);
    Drain fast = new Drain(FRAME);
    slow.send();
    run(List.of(fast), 10);
    assertThat(fast.bytes).isGreaterThan(10 * RATE - 4 * FRAME);
  }
}
