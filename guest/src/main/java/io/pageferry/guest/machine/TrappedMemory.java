package io.pageferry.guest.machine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.pageferry.guest.AsynchronousFault;
import io.pageferry.guest.AsynchronousFaults;
import io.pageferry.guest.VcpuExit.Access;
import io.pageferry.guest.device.DeviceMemory;
import io.pageferry.memory.FirstTouches;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageTrap;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A device's view of guest memory: what {@code HartMemory} is to a hart. At a page that the slot's
 * trap stops, it posts an {@link AsynchronousFault} and waits. Used by the device's thread; {@link
 * #drop} also by another while the device does not work.
 *
 * <p>Translations are kept in a small direct-mapped table. INVARIANT: one is made only after the
 * slot's trap let the page pass (acquire), and permits writes only after the page's bit in the
 * slot's written bitmap was set; all are dropped when vCPUs' mappings are. Memory that the guest
 * keeps private is refused at each access, under this object's monitor, whoever made it private.
 */
final class TrappedMemory implements DeviceMemory {
  private static final int ENTRIES = 16;
  private static final long NO_PAGE = -1;

  private final MemorySlot[] slots;
  private final AsynchronousFaults faults;
  private final BooleanSupplier running;

  private final long[] readable = new long[ENTRIES];
  private final long[] writable = new long[ENTRIES];
  private final @Nullable MemorySlot[] slotOf = new MemorySlot[ENTRIES];

  /**
   * Nothing translated.
   *
   * @param running whether the machine runs; once it does not, accesses that wait are given up
   */
  TrappedMemory(GuestMemory memory, AsynchronousFaults faults, BooleanSupplier running) {
    this.slots = memory.slots().toArray(MemorySlot[]::new);
    this.faults = faults;
    this.running = running;
    drop();
  }

  /** Forgets every translation, so that the next accesses ask the traps. */
  void drop() {
    Arrays.fill(readable, NO_PAGE);
    Arrays.fill(writable, NO_PAGE);
  }

  @Override
  public Outcome read(long address, byte[] into, int length) {
    Outcome outcome = translate(address, Access.READ);
    if (outcome != Outcome.DONE) {
      return outcome;
    }
    MemorySlot slot = slotOf(address);
    long offset = address - slot.base();
    synchronized (this) {
      if (slot.isPrivate(PageGeometry.pages(offset))) {
        return Outcome.REFUSED;
      }
      MemorySegment.copy(slot.segment(), JAVA_BYTE, offset, into, 0, length);
    }
    return Outcome.DONE;
  }

  @Override
  public Outcome write(long address, byte[] from, int length) {
    Outcome outcome = translate(address, Access.WRITE);
    if (outcome != Outcome.DONE) {
      return outcome;
    }
    MemorySlot slot = slotOf(address);
    long offset = address - slot.base();
    synchronized (this) {
      if (slot.isPrivate(PageGeometry.pages(offset))) {
        return Outcome.REFUSED;
      }
      MemorySegment.copy(from, 0, slot.segment(), JAVA_BYTE, offset, length);
    }
    return Outcome.DONE;
  }

  /** Returns when an access that may have begun before the caller made memory private has ended. */
  synchronized void awaitPiece() {}

  private static int entry(long address) {
    return (int) PageGeometry.pages(address) & (ENTRIES - 1);
  }

  /** The slot of an address that is translated. */
  private MemorySlot slotOf(long address) {
    MemorySlot slot = slotOf[entry(address)];
    if (slot == null) {
      throw new IllegalStateException("Nothing is known of 0x" + Long.toHexString(address) + ".");
    }
    return slot;
  }

  /** Makes a page accessible to the device, waiting for it if need be. */
  private Outcome translate(long address, Access access) {
    int entry = entry(address);
    long pageAddress = address & -PageGeometry.PAGE_SIZE;
    if ((access == Access.WRITE ? writable : readable)[entry] == pageAddress) {
      return Outcome.DONE;
    }
    MemorySlot slot = slotAt(address);
    if (slot == null) {
      return Outcome.REFUSED;
    }
    long page = PageGeometry.pages(address - slot.base());
    Outcome outcome = mayAccess(slot, page, address, access);
    if (outcome == Outcome.DONE) {
      keep(entry, pageAddress, slot, page, access);
    }
    return outcome;
  }

  /** Whether the device may access a page, whose data may be lost; the one place that waits. */
  private Outcome mayAccess(MemorySlot slot, long page, long address, Access access) {
    if (slot.isPrivate(page)) {
      return Outcome.REFUSED;
    }
    if (traps(slot, page)) {
      faults.await(
          new AsynchronousFault(slot.id(), page, address, access),
          () -> !running.getAsBoolean() || slot.isPrivate(page) || !traps(slot, page));
      if (!slot.isPrivate(page) && traps(slot, page)) {
        return Outcome.STOPPED;
      }
    }
    return slot.isPoisoned(page) ? Outcome.REFUSED : Outcome.DONE;
  }

  private static boolean traps(MemorySlot slot, long page) {
    PageTrap trap = slot.trap();
    return trap != null && trap.traps(page);
  }

  private void keep(int entry, long pageAddress, MemorySlot slot, long page, Access access) {
    FirstTouches firstTouches = slot.firstTouches();
    if (firstTouches != null) {
      firstTouches.touch(page);
    }
    if (access == Access.WRITE) {
      if (!slot.written().get(page)) {
        var _ = slot.written().set(page);
      }
      writable[entry] = pageAddress;
    } else if (writable[entry] != pageAddress) {
      writable[entry] = NO_PAGE;
    }
    readable[entry] = pageAddress;
    slotOf[entry] = slot;
  }

  private @Nullable MemorySlot slotAt(long address) {
    for (MemorySlot slot : slots) {
      if (slot.contains(address)) {
        return slot;
      }
    }
    return null;
  }
}
