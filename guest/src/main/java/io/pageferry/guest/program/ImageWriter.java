package io.pageferry.guest.program;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes ranges of guest physical memory that may span adjacent slots. Used by one thread, while no
 * vCPU runs.
 */
final class ImageWriter {
  /** No guest has more: one that has could not be migrated. */
  private static final long MOST_MEMORY_BYTES = 512L << 30;

  private final GuestMemory memory;

  ImageWriter(GuestMemory memory) {
    this.memory = memory;
  }

  /** The part of a slot that a range of addresses starts with. */
  private record Part(MemorySlot slot, long offset, long bytes) {
    /** INVARIANT: a page's written bit is set before the page is written. */
    MemorySegment forWriting() {
      long first = PageGeometry.pages(offset);
      long last = PageGeometry.pages(offset + bytes - 1);
      slot.written().setRange(first, last - first + 1);
      return slot.segment().asSlice(offset, bytes);
    }
  }

  private Part part(long address, long bytes) {
    MemorySlot slot = memory.slotAt(address);
    if (slot == null) {
      throw outside(address);
    }
    long offset = address - slot.base();
    return new Part(slot, offset, Math.min(bytes, slot.sizeBytes() - offset));
  }

  private ProgramException outside(long address) {
    long start = memory.slots().stream().mapToLong(MemorySlot::base).min().orElseThrow();
    if (address < start || address - start > MOST_MEMORY_BYTES) {
      return ProgramException.malformed(
          "The program is linked to run at 0x%x, and a guest's memory begins at 0x%x: link it there, for instance with -Wl,-Ttext-segment=0x%2$x."
              .formatted(address, start));
    }
    return new ProgramException(
        ProgramException.Kind.TOO_LARGE,
        "The program needs memory at 0x"
            + Long.toHexString(address)
            + ", where a guest of "
            + size(memory.sizeBytes())
            + " has none: give the guest more memory.");
  }

  private static String size(long bytes) {
    return bytes % (1 << 20) == 0 ? (bytes >> 20) + " MiB" : (bytes >> 10) + " KiB";
  }

  /**
   * Checks that a range is memory.
   *
   * @throws ProgramException if it is not
   */
  void check(long address, long bytes) {
    for (long done = 0; done < bytes; ) {
      done += part(address + done, bytes - done).bytes;
    }
  }

  /** Copies bytes to a range that was checked. */
  void write(long address, byte[] source, int offset, int bytes) {
    for (int done = 0; done < bytes; ) {
      Part part = part(address + done, bytes - done);
      MemorySegment.copy(
          source, offset + done, part.forWriting(), ValueLayout.JAVA_BYTE, 0, (int) part.bytes);
      done += (int) part.bytes;
    }
  }

  /**
   * Zeroes a range that was checked; pages that were never written are zero, and stay untouched.
   */
  void clear(long address, long bytes) {
    for (long done = 0; done < bytes; ) {
      Part part = part(address + done, bytes - done);
      long toPageEnd = PageGeometry.PAGE_SIZE - (part.offset & (PageGeometry.PAGE_SIZE - 1));
      long count = Math.min(part.bytes, toPageEnd);
      if (part.slot.written().get(PageGeometry.pages(part.offset))) {
        var _ = part.slot.segment().asSlice(part.offset, count).fill((byte) 0);
      }
      done += count;
    }
  }
}
