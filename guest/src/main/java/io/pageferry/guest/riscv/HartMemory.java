package io.pageferry.guest.riscv;

import io.pageferry.guest.VcpuExit.Access;
import io.pageferry.guest.device.Bus;
import io.pageferry.guest.device.Device;
import io.pageferry.memory.FirstTouches;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageTrap;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A hart's view of guest physical memory: the software TLB and the slow path behind it. Used by the
 * hart's thread; {@link #drop} also by another while the hart does not run.
 *
 * <p>The TLB is direct-mapped, an entry a 4 KiB page. An entry is four longs, so that it shares a
 * cache line: the page address if readable, the page address if writable, and what to add to a
 * guest address to get the host's. A tag that is not a page address matches nothing.
 *
 * <p>INVARIANT: an entry becomes readable only after the slot's trap let the page pass (acquire),
 * and writable only after its bit in the slot's written bitmap was set. An access has no effect
 * before every page that it touches is known to be accessible.
 */
final class HartMemory {
  private static final int ENTRIES = 1024;

  /** Index of an address's entry: {@code (int) (address >>> INDEX_SHIFT) & INDEX_MASK}. */
  static final int INDEX_SHIFT = PageGeometry.PAGE_SHIFT - 2;

  /** See {@link #INDEX_SHIFT}. */
  static final int INDEX_MASK = (ENTRIES - 1) << 2;

  /** Offset within an entry of the tag that permits writes; that of reads is 0. */
  static final int WRITABLE = 1;

  /** Offset within an entry of what to add to a guest address to get the host's. */
  static final int ADDEND = 2;

  /** The part of an address that is compared with a tag: misaligned accesses match none. */
  static final long BYTE_TAG = -PageGeometry.PAGE_SIZE;

  static final long HALF_TAG = BYTE_TAG | 1;
  static final long WORD_TAG = BYTE_TAG | 3;
  static final long DOUBLE_TAG = BYTE_TAG | 7;

  private static final long NO_PAGE = -1;

  /** The entries. Read by the interpreter. */
  final long[] tlb = new long[ENTRIES * 4];

  private final int hart;
  private final HartContext context;
  private final MemorySlot[] slots;
  private final Bus bus;

  HartMemory(int hart, HartContext context, GuestMemory memory, Bus bus) {
    this.hart = hart;
    this.context = context;
    this.slots = memory.slots().toArray(MemorySlot[]::new);
    this.bus = bus;
    drop();
  }

  /** Forgets every entry. */
  void drop() {
    Arrays.fill(tlb, NO_PAGE);
  }

  /**
   * A load that the TLB could not do: fills the entry, or accesses a device, or stops the hart.
   *
   * @return whether it was done
   */
  boolean load(int op, int rd, long address) {
    int size = Op.accessBytes(op);
    long value;
    if (crossesPage(address, size)) {
      long low = hostAddress(address, firstPart(address), Access.READ);
      long high =
          low == 0 ? 0 : hostAddress(secondPage(address), size - firstPart(address), Access.READ);
      if (high == 0) {
        return false;
      }
      value = loadParts(low, firstPart(address), high, size);
    } else {
      Device device = deviceAt(address);
      if (device != null) {
        value = device.load(address - device.base(), size, hart, context.retired);
      } else {
        long host = hostAddress(address, size, Access.READ);
        if (host == 0) {
          return false;
        }
        value = loadParts(host, size, 0, size);
      }
    }
    context.x[rd] = extend(op, value);
    return true;
  }

  /** The device at an address; a slot at the same address hides it. */
  private @Nullable Device deviceAt(long address) {
    return slotAt(address) == null ? bus.deviceAt(address) : null;
  }

  private static long extend(int op, long value) {
    return switch (op) {
      case Op.LB -> (byte) value;
      case Op.LH -> (short) value;
      case Op.LW -> (int) value;
      default -> value;
    };
  }

  /** A store that the TLB could not do; see {@link #load}. */
  boolean store(int op, long address, long value) {
    int size = Op.accessBytes(op);
    if (crossesPage(address, size)) {
      long low = hostAddress(address, firstPart(address), Access.WRITE);
      long high =
          low == 0 ? 0 : hostAddress(secondPage(address), size - firstPart(address), Access.WRITE);
      if (high == 0) {
        return false;
      }
      storeParts(low, firstPart(address), high, size, value);
      return true;
    }
    Device device = deviceAt(address);
    if (device != null) {
      return storeToDevice(device, address, size, value);
    }
    long host = hostAddress(address, size, Access.WRITE);
    if (host == 0) {
      return false;
    }
    storeParts(host, size, 0, size, value);
    return true;
  }

  /**
   * Stops the hart after the store, as a device may have raised an interrupt or ended the guest.
   */
  private boolean storeToDevice(Device device, long address, int size, long value) {
    context.pc += Integer.BYTES;
    context.retired++;
    int exitCode = device.store(address - device.base(), size, value, hart, context.retired);
    if (exitCode != Device.GO_ON) {
      context.stop = HartContext.Stop.SHUTDOWN;
      context.exitCode = exitCode;
    }
    return false;
  }

  /**
   * Where an access that lies within a page goes, which the TLB then knows.
   *
   * @return the host address, or 0 after stopping the hart with a trap or a fault
   */
  long hostAddress(long address, int size, Access access) {
    int entry = (int) (address >>> INDEX_SHIFT) & INDEX_MASK;
    int tag = access == Access.WRITE ? entry + WRITABLE : entry;
    if (access != Access.EXECUTE && tlb[tag] == (address & BYTE_TAG)) {
      return address + tlb[entry + ADDEND];
    }
    return map(address, size, access);
  }

  private long map(long address, int size, Access access) {
    MemorySlot slot = slotAt(address);
    if (slot == null) {
      context.trap(Trap.accessFault(access), address);
      return 0;
    }
    long page = PageGeometry.pages(address - slot.base());
    PageTrap trap = slot.trap();
    if (trap != null && trap.traps(page)) {
      context.fault(address, size, access, trap.isUserfault(page), slot.isPrivate(page));
      return 0;
    }
    if (slot.isPoisoned(page)) {
      context.trap(Trap.HARDWARE_ERROR, address);
      return 0;
    }
    FirstTouches firstTouches = slot.firstTouches();
    if (firstTouches != null) {
      firstTouches.touch(page);
    }
    long addend = slot.hostAddress() - slot.base();
    if (access != Access.EXECUTE) {
      fill(address & BYTE_TAG, addend, slot, page, access == Access.WRITE);
    }
    return address + addend;
  }

  private void fill(long pageAddress, long addend, MemorySlot slot, long page, boolean write) {
    int entry = (int) (pageAddress >>> INDEX_SHIFT) & INDEX_MASK;
    if (write) {
      if (!slot.written().get(page)) {
        var _ = slot.written().set(page);
      }
      tlb[entry + WRITABLE] = pageAddress;
    } else if (tlb[entry + WRITABLE] != pageAddress) {
      tlb[entry + WRITABLE] = NO_PAGE;
    }
    tlb[entry] = pageAddress;
    tlb[entry + ADDEND] = addend;
  }

  private @Nullable MemorySlot slotAt(long address) {
    for (MemorySlot slot : slots) {
      if (slot.contains(address)) {
        return slot;
      }
    }
    return null;
  }

  private static boolean crossesPage(long address, int size) {
    return (address & (PageGeometry.PAGE_SIZE - 1)) > PageGeometry.PAGE_SIZE - size;
  }

  private static int firstPart(long address) {
    return PageGeometry.PAGE_SIZE - (int) (address & (PageGeometry.PAGE_SIZE - 1));
  }

  private static long secondPage(long address) {
    return (address & BYTE_TAG) + PageGeometry.PAGE_SIZE;
  }

  private static long loadParts(long low, int lowBytes, long high, int size) {
    long value = 0;
    if (lowBytes == size) {
      return switch (size) {
        case 1 -> HostMemory.getByte(low) & 0xffL;
        case 2 -> HostMemory.getShort(low) & 0xffffL;
        case 4 -> HostMemory.getInt(low) & 0xffff_ffffL;
        default -> HostMemory.getLong(low);
      };
    }
    for (int i = 0; i < size; i++) {
      long host = i < lowBytes ? low + i : high + i - lowBytes;
      value |= (HostMemory.getByte(host) & 0xffL) << (i * Byte.SIZE);
    }
    return value;
  }

  private static void storeParts(long low, int lowBytes, long high, int size, long value) {
    if (lowBytes != size) {
      for (int i = 0; i < size; i++) {
        long host = i < lowBytes ? low + i : high + i - lowBytes;
        HostMemory.putByte(host, (byte) (value >>> (i * Byte.SIZE)));
      }
      return;
    }
    switch (size) {
      case 1 -> HostMemory.putByte(low, (byte) value);
      case 2 -> HostMemory.putShort(low, (short) value);
      case 4 -> HostMemory.putInt(low, (int) value);
      default -> HostMemory.putLong(low, value);
    }
  }
}
