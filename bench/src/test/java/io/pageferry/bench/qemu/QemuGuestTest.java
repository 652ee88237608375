package io.pageferry.bench.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.client.FerryException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QemuGuestTest {
  private static final int PAGES = 1000;

  /** Memory of a guest that has done some touches, by a plain simulation of its loop. */
  private static byte[] countersAfter(long touches, QemuWorkload workload) {
    byte[] counters = new byte[PAGES];
    Arrays.fill(counters, (byte) 1);
    int page = 0;
    for (long done = 0; done < touches; page = next(page, workload)) {
      if (page < PAGES) {
        counters[page]++;
        done++;
      }
    }
    return counters;
  }

  private static int next(int page, QemuWorkload workload) {
    return workload == QemuWorkload.RANDOM
        ? (page * 1664525 + 1013904223) & 1023
        : (page + 1) % 1024;
  }

  private static int[] tags() {
    int[] tags = new int[PAGES];
    Arrays.setAll(tags, page -> PAGES - page);
    return tags;
  }

  private static GuestStatistics statistics(long touches) {
    byte[] page = new byte[GuestStatistics.LENGTH];
    var _ =
        ByteBuffer.wrap(page)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(touches)
            .putInt((int) (touches / PAGES))
            .putInt(0x600d600d)
            .putLong(5000);
    return GuestStatistics.of(page, 0);
  }

  @ParameterizedTest
  @EnumSource(
      value = QemuWorkload.class,
      names = {"RANDOM", "SEQUENTIAL"})
  void memoryOfAnyMomentIsRight(QemuWorkload workload) {
    QemuGuest guest = new QemuGuest(PAGES, workload);
    for (long touches : new long[] {0, 1, 999, 1000, 1001, 260_500}) {
      byte[] counters = countersAfter(touches, workload);
      assertThatCode(() -> QemuMemoryCheck.verify(guest, statistics(touches), counters, tags()))
          .as("after %d touches", touches)
          .doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = QemuWorkload.class,
      names = {"RANDOM", "SEQUENTIAL"})
  void aTouchThatIsNotAccountedForYetIsRight(QemuWorkload workload) {
    byte[] counters = countersAfter(12_346, workload);
    assertThatCode(() ->
            QemuMemoryCheck.verify(
                new QemuGuest(PAGES, workload), statistics(12_345), counters, tags()))
        .doesNotThrowAnyException();
  }

  @Test
  void anIdleGuestHasTouchedNothing() {
    assertThatCode(() ->
            QemuMemoryCheck.verify(
                new QemuGuest(PAGES, QemuWorkload.IDLE),
                statistics(0),
                countersAfter(0, QemuWorkload.IDLE),
                tags()))
        .doesNotThrowAnyException();
  }

  @Test
  void aLostTouchIsFound() {
    byte[] counters = countersAfter(12_345, QemuWorkload.RANDOM);
    counters[77]--;
    assertThatThrownBy(() ->
            QemuMemoryCheck.verify(
                new QemuGuest(PAGES, QemuWorkload.RANDOM), statistics(12_345), counters, tags()))
        .isInstanceOf(FerryException.class)
        .hasMessageContaining("1 wrong pages of 1000; the first is page 77");
  }

  @Test
  void twoPagesThatChangedPlacesAreFound() {
    int[] tags = tags();
    tags[10] = PAGES - 11;
    tags[11] = PAGES - 10;
    assertThatThrownBy(() ->
            QemuMemoryCheck.verify(
                new QemuGuest(PAGES, QemuWorkload.IDLE),
                statistics(0),
                countersAfter(0, QemuWorkload.IDLE),
                tags))
        .hasMessageContaining("2 wrong pages of 1000; the first is page 10");
  }

  @Test
  void theDiskIsAFloppyWithTheParametersInItsBootSector() {
    byte[] sector = new byte[512];
    sector[510] = 0x55;
    byte[] disk = new QemuGuest(PAGES, QemuWorkload.IDLE).disk(sector);
    ByteBuffer parameters = ByteBuffer.wrap(disk).order(ByteOrder.LITTLE_ENDIAN).position(0x1d0);
    assertThat(disk).hasSize(1_474_560);
    assertThat(disk[510]).isEqualTo((byte) 0x55);
    assertThat(parameters.getInt()).isEqualTo(PAGES);
    assertThat(parameters.getInt(0x1d0 + 12)).as("mask").isEqualTo(1023);
    assertThat(parameters.getInt(0x1d0 + 16)).as("idle").isEqualTo(1);
  }

  @Test
  void statisticsGiveTheRatesBetweenTwoReadings() {
    GuestStatistics early = new GuestStatistics(1_000, 10, 0, true, 500, histogram());
    GuestStatistics late = new GuestStatistics(2_001_000, 5_010, 0, true, 4_000_500, histogram());
    assertThat(late.touchesPerSecond(early)).isEqualTo(2_500_000);
    assertThat(late.ticksPerMicro(early)).isEqualTo(2000);
  }

  private static Histogram histogram() {
    return Histogram.of(new long[Histogram.BUCKETS]);
  }
}
