package io.pageferry.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.pageferry.proto.v1.MigrationStatus;
import org.junit.jupiter.api.Test;

class TransferRateTest {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;
  private static final long FRAME = 256 << 10;

  private long now = Long.MAX_VALUE - 5 * SECOND;
  private final TransferRate rate = new TransferRate(() -> now);

  private MigrationStatus ask(long bytes, long remaining) {
    MigrationStatus.Builder status = MigrationStatus.newBuilder();
    rate.addTo(status, bytes, remaining);
    return status.build();
  }

  @Test
  void aFastTransferIsMeasuredOverTheLastSecond() {
    long bytes = 0;
    for (int look = 0; look < 100; look++) {
      var _ = ask(bytes, 0);
      now += 100 * MILLI;
      bytes += look < 50 ? 1_000_000 : 10_000_000;
    }
    MigrationStatus status = ask(bytes, 200_000_000);
    assertThat(status.getThroughputBytesPerSecond()).isCloseTo(100_000_000, within(10_000_000L));
    assertThat(status.getEtaMillis()).isCloseTo(2_000, within(200L));
  }

  @Test
  void aTransferInLargeStepsHasItsTrueRateAtEveryLook() {
    // A frame every 1.5 s.
    long start = now;
    for (int look = 0; look < 300; look++) {
      long bytes = (now - start) / (1_500 * MILLI) * FRAME;
      MigrationStatus status = ask(bytes, 10 * FRAME);
      if (now - start > 5 * SECOND) {
        assertThat(status.getThroughputBytesPerSecond())
            .as("after %d ms", (now - start) / MILLI)
            .isCloseTo(FRAME * 2 / 3, within(FRAME / 5));
        assertThat(status.getEtaMillis()).isCloseTo(15_000, within(5_000L));
      }
      now += 100 * MILLI;
    }
  }

  @Test
  void aTransferThatStandsHasLessAndLess() {
    for (int look = 0; look < 20; look++) {
      var _ = ask(look * FRAME, FRAME);
      now += 100 * MILLI;
    }
    now += 20 * SECOND;
    assertThat(ask(19 * FRAME, FRAME).getThroughputBytesPerSecond()).isLessThan(FRAME);
  }
}
