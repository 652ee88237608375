package io.pageferry.guest.machine;

import static io.pageferry.guest.state.MalformedStateException.require;

import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.state.StatePart;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Which memory the guest keeps private: what it asks for with hypercalls, and a section of the
 * machine's state. {@link #convert} by vCPU threads; saved and loaded while none runs.
 */
final class PrivateMemory implements StatePart {
  /** So that the section stays well below its limit: 16 bytes for each. */
  static final int MOST_RANGES = 50_000;

  private static final long SUCCESS = 0;
  private static final long FAILED = -1;
  private static final long INVALID_PARAMETER = -3;
  private static final long INVALID_ADDRESS = -5;

  private final GuestMemory memory;
  private final Runnable awaitDevices;

  /**
   * Of a machine.
   *
   * @param awaitDevices returns when accesses of devices that have begun are over
   */
  PrivateMemory(GuestMemory memory, Runnable awaitDevices) {
    this.memory = memory;
    this.awaitDevices = awaitDevices;
  }

  /** Does what the guest asks for, all of it or nothing; returns a code of the RISC-V SBI. */
  synchronized long convert(VcpuExit.Hypercall call) {
    long base = call.base();
    long size = call.sizeBytes();
    if (size <= 0 || !PageGeometry.isPageAligned(base) || !PageGeometry.isPageAligned(size)) {
      return INVALID_PARAMETER;
    }
    MemorySlot slot = memory.slotAt(base);
    if (slot == null || size > slot.sizeBytes() - (base - slot.base())) {
      return INVALID_ADDRESS;
    }
    if (ranges() + 2 > MOST_RANGES) {
      return FAILED;
    }
    slot.convert(
        PageGeometry.pages(base - slot.base()), PageGeometry.pages(size), call.toPrivate());
    awaitDevices.run();
    return SUCCESS;
  }

  private int ranges() {
    int ranges = 0;
    for (MemorySlot slot : memory.slots()) {
      ranges += ranges(slot);
    }
    return ranges;
  }

  private static int ranges(MemorySlot slot) {
    int ranges = 0;
    for (long page = slot.nextPrivate(0); page >= 0; page = nextPrivate(slot, end(slot, page))) {
      ranges++;
    }
    return ranges;
  }

  /** The first shared page after a private one, or the slot's end. */
  private static long end(MemorySlot slot, long page) {
    long end = slot.nextShared(page);
    return end < 0 ? slot.pageCount() : end;
  }

  private static long nextPrivate(MemorySlot slot, long from) {
    return from < slot.pageCount() ? slot.nextPrivate(from) : -1;
  }

  @Override
  public String tag() {
    return "private";
  }

  @Override
  public void save(DataOutput out) throws IOException {
    for (MemorySlot slot : memory.slots()) {
      out.writeInt(ranges(slot));
      for (long page = slot.nextPrivate(0); page >= 0; ) {
        long end = end(slot, page);
        out.writeLong(page);
        out.writeLong(end - page);
        page = nextPrivate(slot, end);
      }
    }
  }

  @Override
  public void load(DataInput in) throws IOException {
    for (MemorySlot slot : memory.slots()) {
      int ranges = in.readInt();
      require(ranges >= 0 && ranges <= MOST_RANGES, "slot " + slot.id() + " has too many ranges");
      for (int i = 0; i < ranges; i++) {
        long first = in.readLong();
        long count = in.readLong();
        require(
            first >= 0 && count > 0 && first <= slot.pageCount() - count,
            "private memory lies outside slot " + slot.id());
        slot.convert(first, count, true);
      }
    }
  }
}
