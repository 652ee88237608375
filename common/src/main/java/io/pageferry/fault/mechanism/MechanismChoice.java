package io.pageferry.fault.mechanism;

import io.pageferry.fault.FaultMechanism;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Which mechanism each slot of a guest has. As text: {@code userfault-bitmap} for all of them, or
 * {@code userfault-bitmap,1=exit-always} for one of them another.
 *
 * @param common that of slots which are not in {@code bySlot}
 * @param bySlot those of single slots, by id
 */
public record MechanismChoice(MechanismKind common, Map<Integer, MechanismKind> bySlot) {
  /** What is used unless another is chosen. */
  public static final MechanismChoice DEFAULT =
      new MechanismChoice(MechanismKind.USERFAULT_BITMAP, Map.of());

  /** Copies the map. */
  public MechanismChoice {
    bySlot = Map.copyOf(bySlot);
  }

  /**
   * Reads the notation.
   *
   * @throws IllegalArgumentException with what is wrong, in a sentence
   */
  public static MechanismChoice parse(String text) {
    MechanismKind common = MechanismKind.USERFAULT_BITMAP;
    Map<Integer, MechanismKind> bySlot = new TreeMap<>();
    boolean first = true;
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals < 0 && !first) {
        throw new IllegalArgumentException(
            "'"
                + text
                + "' names two mechanisms for all slots; write SLOT=MECHANISM for one slot.");
      }
      if (equals < 0) {
        common = MechanismKind.parse(part.strip());
      } else {
        bySlot.put(
            slot(part.substring(0, equals)), MechanismKind.parse(part.substring(equals + 1)));
      }
      first = false;
    }
    return new MechanismChoice(common, bySlot);
  }

  private static int slot(String text) {
    try {
      return Integer.parseUnsignedInt(text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not the number of a slot.", e);
    }
  }

  /** The mechanism of a slot. */
  public MechanismKind of(int slotId) {
    return bySlot.getOrDefault(slotId, common);
  }

  /** What makes the mechanisms of a guest's slots, which may share what a guest has one of. */
  public Function<MemorySlot, FaultMechanism> of(GuestMemory memory) {
    Map<MechanismKind, Function<MemorySlot, FaultMechanism>> makers =
        new EnumMap<>(MechanismKind.class);
    return slot -> makers.computeIfAbsent(of(slot.id()), kind -> kind.of(memory)).apply(slot);
  }

  /** The notation that {@link #parse} reads. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(common.toString());
    new TreeMap<>(bySlot)
        .forEach((slot, kind) -> text.append(',').append(slot).append('=').append(kind));
    return text.toString();
  }
}
