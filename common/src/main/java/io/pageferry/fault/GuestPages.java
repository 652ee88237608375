package io.pageferry.fault;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The pages of a guest that comes, slot by slot. Any thread; lives no longer than the guest's
 * memory.
 */
public final class GuestPages implements AutoCloseable {
  private final GuestMemory memory;
  private final List<SlotPages> slots;
  private final long pageCount;

  private GuestPages(GuestMemory memory, List<SlotPages> slots) {
    this.memory = memory;
    this.slots = slots;
    this.pageCount = memory.pageCount();
  }

  /**
   * Every page is missing, and every access is stopped. Before vCPUs run.
   *
   * @param mechanism makes the mechanism of a slot
   */
  public static GuestPages missing(
      GuestMemory memory, Function<MemorySlot, FaultMechanism> mechanism) {
    List<SlotPages> slots = new ArrayList<>();
    long number = 0;
    for (MemorySlot slot : memory.slots()) {
      try {
        SlotPages pages = new SlotPages(slot, number, PageStates.of(slot), mechanism.apply(slot));
        slots.add(pages);
        pages.mechanism().enable();
        slot.noteFirstTouches(pages.states());
      } catch (RuntimeException | Error e) {
        slots.forEach(made -> made.mechanism().close());
        throw e;
      }
      number += slot.pageCount();
    }
    return new GuestPages(memory, List.copyOf(slots));
  }

  /** The memory whose pages these are. */
  public GuestMemory memory() {
    return memory;
  }

  /** All slots, in the order of the memory's. */
  public List<SlotPages> slots() {
    return slots;
  }

  /** The slot with an id, or null. */
  public @Nullable SlotPages find(int slotId) {
    for (SlotPages pages : slots) {
      if (pages.slot().id() == slotId) {
        return pages;
      }
    }
    return null;
  }

  /** The slot that a guest physical address lies in, or null. */
  public @Nullable SlotPages at(long guestPhysicalAddress) {
    for (SlotPages pages : slots) {
      if (pages.slot().contains(guestPhysicalAddress)) {
        return pages;
      }
    }
    return null;
  }

  /** Whether the page with a number is present; see {@link SlotPages#numberOf}. Acquire. */
  public boolean isPresent(long number) {
    for (SlotPages pages : slots) {
      long page = number - pages.firstNumber();
      if (page >= 0 && page < pages.slot().pageCount()) {
        return pages.states().isPresent(page);
      }
    }
    throw new IndexOutOfBoundsException("Page " + number + " of " + pageCount + ".");
  }

  /**
   * A slot that the guest must have.
   *
   * @throws IllegalArgumentException if it has no such slot
   */
  public SlotPages of(MemorySlot slot) {
    SlotPages pages = find(slot.id());
    if (pages == null) {
      throw new IllegalArgumentException("Slot " + slot.id() + " is not part of this guest.");
    }
    return pages;
  }

  /** Pages of all slots. */
  public long pageCount() {
    return pageCount;
  }

  /** Pages that are present. */
  public long presentPages() {
    return sum(PageStates::presentPages);
  }

  /** Whether every page is present. */
  public boolean isComplete() {
    for (SlotPages pages : slots) {
      if (!pages.states().isComplete()) {
        return false;
      }
    }
    return true;
  }

  /** Nothing stops accesses any more. After the last page has come, or when the guest ends. */
  public void disableTraps() {
    for (SlotPages pages : slots) {
      pages.mechanism().disable();
    }
  }

  /** Stops no access any more, and gives back what mechanisms have of the host. Idempotent. */
  @Override
  public void close() {
    for (SlotPages pages : slots) {
      pages.mechanism().close();
    }
  }

  /** Where the kernel reports accesses that it has stopped, or null if it stops none. */
  public @Nullable KernelFaults kernelFaults() {
    for (SlotPages pages : slots) {
      if (pages.mechanism() instanceof BlockingMechanism blocking) {
        return blocking.faults();
      }
    }
    return null;
  }

  /** The slot whose host memory an address lies in, or null. */
  public @Nullable SlotPages atHost(long hostAddress) {
    for (SlotPages pages : slots) {
      long offset = hostAddress - pages.slot().hostAddress();
      if (offset >= 0 && offset < pages.slot().sizeBytes()) {
        return pages;
      }
    }
    return null;
  }

  /** Whether pages may be given physical memory before they come. */
  public boolean mayBePopulated() {
    return slots.stream().allMatch(pages -> pages.mechanism().populates());
  }

  /** Bits of state for each page: its state, whether it was written, and the mechanism's own. */
  public int bitsPerPage() {
    int most = 0;
    for (SlotPages pages : slots) {
      most = Math.max(most, pages.mechanism().bitsPerPage());
    }
    return PageStates.BITS_PER_PAGE + 1 + most;
  }

  /** Pages that came ahead of need. */
  public long aheadPages() {
    return sum(PageStates::aheadPages);
  }

  /** Of them, those that a vCPU has used since. */
  public long usedPages() {
    return sum(PageStates::usedPages);
  }

  private long sum(ToLongFunction<PageStates> count) {
    long sum = 0;
    for (SlotPages pages : slots) {
      sum += count.applyAsLong(pages.states());
    }
    return sum;
  }
}
