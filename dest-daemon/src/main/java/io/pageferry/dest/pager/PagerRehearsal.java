package io.pageferry.dest.pager;

import io.pageferry.dest.handover.HandOver;
import io.pageferry.dest.handover.HandOverReceiver;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import io.pageferry.migration.PageFerryException;
import io.pageferry.unixsocket.LocalDescriptor;
import io.pageferry.unixsocket.LocalProcess;
import io.pageferry.userfaultfd.NativeTouch;
import io.pageferry.userfaultfd.RegisterMode;
import io.pageferry.userfaultfd.UserfaultUnavailableException;
import io.pageferry.userfaultfd.Userfaultfd;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pager's warm-up: it hands a little memory of its own over to itself and accesses it, page by
 * page, so that the JVM has compiled what the first real fault needs. One thread.
 */
final class PagerRehearsal {
  private static final Logger LOG = LoggerFactory.getLogger(PagerRehearsal.class);

  /** Memory of one round: 4 MiB. */
  private static final long MOST_PAGES = 1024;

  private final Supplier<Restore> restores;
  private final long untilNanos;

  /**
   * A rehearsal of that length.
   *
   * @param restores makes one for each round
   */
  PagerRehearsal(Supplier<Restore> restores, Duration length) {
    this.restores = restores;
    untilNanos = System.nanoTime() + length.toNanos();
  }

  /** Rehearses until the time is up. Nothing depends on it. */
  void run() {
    try {
      while (isTime()) {
        round();
      }
    } catch (UserfaultUnavailableException e) {
      LOG.info("There is no rehearsal, since this process gets no userfaultfd of its own.");
    } catch (IOException | PageFerryException | IllegalArgumentException e) {
      LOG.debug("The rehearsal ended early.", e);
    }
  }

  private boolean isTime() {
    return System.nanoTime() - untilNanos < 0;
  }

  private void round() throws IOException {
    Restore restore = restores.get();
    long bytes = PageGeometry.bytes(Math.min(MOST_PAGES, restore.contiguousPages()));
    try (GuestMemory memory = GuestMemory.anonymous(List.of(new SlotLayout(0, 0, bytes)));
        Userfaultfd userfaultfd = Userfaultfd.open(true)) {
      MemorySlot slot = memory.slots().getFirst();
      var _ = userfaultfd.handshake(0);
      var _ = userfaultfd.register(slot.hostAddress(), bytes, RegisterMode.MISSING);
      try {
        restore.take(handOver(userfaultfd, slot, restore.firstOffset()), null);
        touch(slot);
      } finally {
        // Before the memory goes, which nobody waits for any more.
        restore.abandon();
      }
    }
  }

  private static HandOver handOver(Userfaultfd userfaultfd, MemorySlot slot, long offset)
      throws IOException {
    String regions =
        "[{\"base_host_virt_addr\":%d,\"size\":%d,\"offset\":%d,\"page_size\":4096}]"
            .formatted(slot.hostAddress(), slot.sizeBytes(), offset);
    return HandOverReceiver.again(
        regions,
        LocalDescriptor.duplicateOf(userfaultfd.descriptor()),
        LocalProcess.of((int) ProcessHandle.current().pid()));
  }

  private void touch(MemorySlot slot) {
    NativeTouch touch = new NativeTouch();
    for (long page = 0; page < slot.pageCount() && isTime(); page++) {
      var _ = touch.read(slot.segment(), PageGeometry.bytes(page));
    }
  }
}
