package io.pageferry.fault.mechanism;

import io.pageferry.fault.FaultMechanism;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.userfaultfd.UserfaultUnavailableException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The mechanisms to choose from. Each has the name that users write. */
public enum MechanismKind {
  /** {@link UserfaultBitmapMechanism}. */
  USERFAULT_BITMAP {
    @Override
    public Function<MemorySlot, FaultMechanism> of(GuestMemory memory) {
      return UserfaultBitmapMechanism::new;
    }
  },
  /** {@link MemoryAttributesMechanism}: one map and one lock for all slots. */
  MEMORY_ATTRIBUTES {
    @Override
    public Function<MemorySlot, FaultMechanism> of(GuestMemory memory) {
      MemoryAttributes attributes = new MemoryAttributes();
      return slot -> new MemoryAttributesMechanism(slot, attributes);
    }
  },
  /** {@link ExitAlwaysMechanism}, which records its answers in a bitmap. */
  EXIT_ALWAYS {
    @Override
    public Function<MemorySlot, FaultMechanism> of(GuestMemory memory) {
      return slot -> new ExitAlwaysMechanism(slot, AnsweredPages.bitmap(slot));
    }
  },
  /** {@link ExitAlwaysMechanism}, which records its answers in a sparse map. */
  EXIT_ALWAYS_SPARSE {
    @Override
    public Function<MemorySlot, FaultMechanism> of(GuestMemory memory) {
      return slot -> new ExitAlwaysMechanism(slot, AnsweredPages.sparse());
    }
  },
  /** {@link UserfaultfdMechanism}: one descriptor for all slots. */
  USERFAULTFD {
    @Override
    public Function<MemorySlot, FaultMechanism> of(GuestMemory memory) {
      GuestUserfaultfd userfaultfd = new GuestUserfaultfd();
      return slot -> new UserfaultfdMechanism(slot, userfaultfd);
    }
  },
  /** {@link ConversionMechanism}: one map and one lock for all slots. */
  CONVERSION {
    @Override
    public Function<MemorySlot, FaultMechanism> of(GuestMemory memory) {
      MemoryAttributes attributes = new MemoryAttributes();
      return slot -> new ConversionMechanism(slot, attributes);
    }
  };

  /**
   * What makes the mechanisms of a guest's slots.
   *
   * @throws UserfaultUnavailableException if the host does not have what it takes
   */
  public abstract Function<MemorySlot, FaultMechanism> of(GuestMemory memory);

  /** The name that users write, such as {@code userfault-bitmap}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The names of all. */
  public static List<String> names() {
    return Arrays.stream(values()).map(MechanismKind::toString).toList();
  }

  /**
   * The mechanism with a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static MechanismKind parse(String name) {
    for (MechanismKind kind : values()) {
      if (kind.toString().equals(name)) {
        return kind;
      }
    }
    throw new IllegalArgumentException(
        "'%s' is not a fault mechanism; there are %s."
            .formatted(name, names().stream().collect(Collectors.joining(", "))));
  }
}
