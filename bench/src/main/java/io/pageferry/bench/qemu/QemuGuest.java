package io.pageferry.bench.qemu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The guest of {@code qemu-guest.S}: what it does, and what its memory holds therefore. Immutable.
 *
 * @param pages of its region
 * @param workload what it does with them
 */
record QemuGuest(int pages, QemuWorkload workload) {
  /** Physical address of its region. */
  static final long REGION = 0x100000;

  /** Bytes of a page. */
  static final int PAGE = 4096;

  private static final int SECTOR = 512;
  private static final int PARAMETERS = 0x1d0;
  private static final int FLOPPY = 1440 * 1024;

  /**
   * A floppy disk that boots into it.
   *
   * @param program the assembled boot sector
   * @throws IllegalArgumentException if it is not one sector
   */
  byte[] disk(byte[] program) {
    if (program.length != SECTOR) {
      throw new IllegalArgumentException("A boot sector has no " + program.length + " bytes.");
    }
    byte[] disk = Arrays.copyOf(program, FLOPPY);
    var _ =
        ByteBuffer.wrap(disk)
            .order(ByteOrder.LITTLE_ENDIAN)
            .position(PARAMETERS)
            .putInt(pages)
            .putInt(workload.multiplier())
            .putInt(workload.increment())
            .putInt(mask())
            .putInt(workload == QemuWorkload.IDLE ? 1 : 0);
    return disk;
  }

  /** One less than the power of two that has room for all pages. */
  private int mask() {
    return pages == 1 ? 0 : -1 >>> Integer.numberOfLeadingZeros(pages - 1);
  }

  private int next(int page) {
    return (page * workload.multiplier() + workload.increment()) & mask();
  }

  /**
   * The counters of all pages after some touches.
   *
   * @param counters those found in memory; one may be one ahead of the statistics, because a stop
   *     can come between a touch and its account
   */
  byte[] expectedCounters(GuestStatistics statistics, byte[] counters) {
    byte[] expected = new byte[pages];
    Arrays.fill(expected, (byte) (1 + statistics.passes()));
    if (workload == QemuWorkload.IDLE) {
      return expected;
    }
    long inThisPass = statistics.touches() - Integer.toUnsignedLong(statistics.passes()) * pages;
    int page = 0;
    while (inThisPass > 0) {
      if (page < pages) {
        expected[page]++;
        inThisPass--;
      }
      page = next(page);
    }
    while (page >= pages) {
      page = next(page);
    }
    if (counters[page] == (byte) (expected[page] + 1)) {
      expected[page]++;
    }
    return expected;
  }

  /** What the word behind a page's counter holds, which tells pages apart. */
  int tag(int page) {
    return pages - page;
  }
}
