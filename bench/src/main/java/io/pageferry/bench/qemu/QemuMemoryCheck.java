package io.pageferry.bench.qemu;

import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Whether the memory of a guest that arrived is what the guest has made of it. Stateless. */
final class QemuMemoryCheck {
  /** Read at a time: 64 MiB. */
  private static final int PAGES_AT_ONCE = 16384;

  private static final int TAG = 8;

  private QemuMemoryCheck() {}

  /**
   * Stops a guest and checks the counter and the tag of each of its pages.
   *
   * @throws FerryException if any is wrong
   */
  static void verify(QemuProcess qemu, QemuGuest guest) throws InterruptedException {
    var _ = qemu.monitor().call("stop");
    byte[] counters = new byte[guest.pages()];
    int[] tags = new int[guest.pages()];
    for (int first = 0; first < guest.pages(); first += PAGES_AT_ONCE) {
      int count = Math.min(PAGES_AT_ONCE, guest.pages() - first);
      ByteBuffer pages =
          ByteBuffer.wrap(
                  qemu.memory(
                      QemuGuest.REGION + (long) first * QemuGuest.PAGE, count * QemuGuest.PAGE))
              .order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < count; i++) {
        counters[first + i] = pages.get(i * QemuGuest.PAGE);
        tags[first + i] = pages.getInt(i * QemuGuest.PAGE + TAG);
      }
    }
    verify(guest, qemu.statistics(), counters, tags);
  }

  /** Checks what was read from a stopped guest. */
  static void verify(QemuGuest guest, GuestStatistics statistics, byte[] counters, int[] tags) {
    byte[] expected = guest.expectedCounters(statistics, counters);
    int wrong = 0;
    int firstWrong = -1;
    for (int page = 0; page < guest.pages(); page++) {
      if (counters[page] != expected[page] || tags[page] != guest.tag(page)) {
        firstWrong = wrong == 0 ? page : firstWrong;
        wrong++;
      }
    }
    if (wrong > 0) {
      throw new FerryException(
          ExitCode.VERIFICATION_FAILED,
          "QEMU's guest has arrived with %d wrong pages of %d; the first is page %d."
              .formatted(wrong, guest.pages(), firstWrong));
    }
  }
}
