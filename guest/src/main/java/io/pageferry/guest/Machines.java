package io.pageferry.guest;

import io.pageferry.memory.GuestMemory;

/** Makes machines. Stateless; any thread. */
@SuppressWarnings("DoNotCallSuggester")
public final class Machines {
  private Machines() {}

  /**
   * A paused machine whose vCPUs start at {@code entry} (ignored by synthetic ones).
   *
   * @param memory its memory, already loaded; must have the spec's slots
   * @param faults resolves userfaults
   */
  public static Machine create(
      MachineSpec spec, GuestMemory memory, long entry, FaultHandler faults) {
    throw new UnsupportedOperationException("not built yet");
  }

  /**
   * A paused machine that goes on where another one was saved.
   *
   * @param state what {@link Machine#saveState} gave
   * @throws IllegalArgumentException if the bytes are not a state, or are that of a machine with
   *     other slots than {@code memory} has
   */
  public static Machine restore(byte[] state, GuestMemory memory, FaultHandler faults) {
    throw new UnsupportedOperationException("not built yet");
  }
}
