package io.pageferry.guest.machine;

import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.SlotLayout;
import java.util.ArrayList;
import java.util.List;

/** Makes machines. Stateless; any thread. */
public final class Machines {
  private Machines() {}

  /**
   * A paused machine whose vCPUs start at {@code entry} (ignored by synthetic ones).
   *
   * @param memory its memory, already loaded; must have the spec's slots
   * @param faults resolves userfaults
   * @throws IllegalArgumentException if the memory has other slots, or the entry is misaligned
   */
  public static Machine create(
      MachineSpec spec, GuestMemory memory, long entry, FaultHandler faults) {
    checkSlots(spec, memory);
    if ((entry & 3) != 0) {
      throw new IllegalArgumentException(
          "The entry must be a multiple of 4; it is 0x" + Long.toHexString(entry) + ".");
    }
    return new EmulatedMachine(spec, memory, entry, faults);
  }

  /**
   * A paused machine (or a stopped one, if that is what was saved) that goes on where another one
   * was saved.
   *
   * @param state what {@link Machine#saveState} gave
   * @throws IllegalArgumentException if the bytes are not a state, or are that of a machine with
   *     other slots than {@code memory} has
   */
  public static Machine restore(byte[] state, GuestMemory memory, FaultHandler faults) {
    return MachineState.read(state, memory, faults);
  }

  /**
   * Checks that memory is what a spec says.
   *
   * @throws IllegalArgumentException if it is not
   */
  static void checkSlots(MachineSpec spec, GuestMemory memory) {
    List<SlotLayout> present = new ArrayList<>();
    for (MemorySlot slot : memory.slots()) {
      present.add(new SlotLayout(slot.id(), slot.base(), slot.sizeBytes()));
    }
    if (!present.equals(spec.slots())) {
      throw new IllegalArgumentException(
          "The machine needs the memory slots " + spec.slots() + "; there are " + present + ".");
    }
  }
}
