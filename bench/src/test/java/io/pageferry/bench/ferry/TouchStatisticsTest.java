package io.pageferry.bench.ferry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.pageferry.bench.result.Curve;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class TouchStatisticsTest {
  private static final int HISTOGRAM = 0x100;

  /** Touches of 1 µs and stalls of some lengths, as the guest program counts them. */
  private static byte[] statistics(long touches, long... stallsOfMicros) {
    ByteBuffer bytes = ByteBuffer.allocate(TouchStatistics.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(0, touches).putLong(48, 1);
    add(bytes, 1, touches - stallsOfMicros.length);
    for (long micros : stallsOfMicros) {
      add(bytes, micros, 1);
    }
    return bytes.array();
  }

  /** The bucket is that of {@code bucket_of} in touch.c. */
  private static void add(ByteBuffer bytes, long micros, long count) {
    long ticks = micros * 10;
    int log = 63 - Long.numberOfLeadingZeros(ticks);
    int bucket = log * 4 + (int) ((ticks >> (log - 2)) & 3);
    int at = HISTOGRAM + bucket * Long.BYTES;
    bytes.putLong(at, bytes.getLong(at) + count);
  }

  @Test
  void onlyTouchesOfFiveMicrosecondsOrMoreAreStalls() {
    TouchStatistics read = TouchStatistics.parse(statistics(100, 30, 30, 30, 900));
    assertThat(read.touches()).isEqualTo(100);
    assertThat(read.ready()).isTrue();
    assertThat(read.stalls()).isEqualTo(4);
    assertThat(read.stallMicros(0.5)).isCloseTo(30, within(4.0));
    assertThat(read.stallMicros(0.99)).isCloseTo(900, within(120.0));
  }

  @Test
  void aDifferenceHoldsWhatWasAdded() {
    TouchStatistics earlier = TouchStatistics.parse(statistics(10, 500, 500, 500));
    TouchStatistics later = TouchStatistics.parse(statistics(25, 500, 500, 500, 20));
    TouchStatistics added = later.since(earlier);
    assertThat(added.touches()).isEqualTo(15);
    assertThat(added.stalls()).isEqualTo(1);
    assertThat(added.stallMicros(0.99)).isCloseTo(20, within(3.0));
  }

  @Test
  void theCurveEndsWithAllStalls() {
    Curve curve = TouchStatistics.parse(statistics(100, 30, 60, 900)).stallCurve();
    assertThat(curve.points()).hasSize(3);
    assertThat(curve.points().getLast().y()).isEqualTo(1);
  }

  @Test
  void withoutStallsThereIsNoPercentile() {
    TouchStatistics none = TouchStatistics.parse(statistics(100));
    assertThat(none.stalls()).isZero();
    assertThat(none.stallMicros(0.5)).isZero();
    assertThat(none.stallCurve().points()).isEmpty();
  }
}
