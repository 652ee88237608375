package io.pageferry.guest.machine;

import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.state.StateReader;
import io.pageferry.guest.state.StateWriter;
import io.pageferry.memory.GuestMemory;

/**
 * Saves a machine that does not run, and makes a machine that goes on from there. The state has the
 * section of {@link SpecSection}, and one of each part of the machine; {@code docs/protocol.md}
 * describes them. Stateless; any thread.
 */
final class MachineState {
  private MachineState() {}

  /** The state of a machine that does not run. */
  static byte[] write(EmulatedMachine machine) {
    StateWriter out = new StateWriter();
    out.section(SpecSection.TAG, section -> SpecSection.write(section, machine.spec()));
    machine.parts().forEach(out::part);
    return out.toByteArray();
  }

  /**
   * The machine that a state describes, paused or stopped.
   *
   * @throws IllegalArgumentException if it describes none, or one with other slots than {@code
   *     memory} has
   */
  static Machine read(byte[] state, GuestMemory memory, FaultHandler faults) {
    StateReader in = new StateReader(state);
    MachineSpec spec = in.section(SpecSection.TAG, SpecSection::read);
    Machines.checkSlots(spec, memory);
    EmulatedMachine machine = new EmulatedMachine(spec, memory, MachineSpec.RAM_BASE, faults);
    machine.parts().forEach(in::part);
    in.checkAllRead();
    return machine;
  }
}
