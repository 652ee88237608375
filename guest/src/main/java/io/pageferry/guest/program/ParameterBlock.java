package io.pageferry.guest.program;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.pageferry.guest.MachineSpec;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * What a bundled program finds at {@link #ADDRESS} of its image: the magic number, then one 64-bit
 * little-endian word for each component. A program without the magic number gets none. Immutable.
 *
 * @param ramBytes RAM from {@link MachineSpec#RAM_BASE} on
 * @param harts harts that take part
 * @param program the rest
 * @param park whether the program ends in an endless loop, its registers and memory kept, instead
 *     of switching the machine off
 */
public record ParameterBlock(long ramBytes, int harts, ProgramParameters program, boolean park) {
  /** Where the block is. */
  public static final long ADDRESS = MachineSpec.RAM_BASE + 0x100;

  /** {@code "FERRYPRM"}. */
  static final long MAGIC = 0x4d52505952524546L;

  /** Size of the magic number and the words filled in. */
  static final int BYTES = 56;

  private static final ValueLayout.OfLong WORD =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The block for a machine; its program switches the machine off when it ends. */
  public static ParameterBlock of(MachineSpec spec, ProgramParameters program) {
    return new ParameterBlock(ramBytes(spec), spec.vcpus(), program, false);
  }

  /** Bytes of memory without a gap from the base of RAM on. */
  private static long ramBytes(MachineSpec spec) {
    long end = MachineSpec.RAM_BASE;
    boolean grown = true;
    while (grown) {
      grown = false;
      for (var slot : spec.slots()) {
        if (slot.base() == end) {
          end += slot.sizeBytes();
          grown = true;
        }
      }
    }
    return end - MachineSpec.RAM_BASE;
  }

  /** Fills the block of a loaded program in; its page is marked written, as the magic number is. */
  void fillIn(GuestMemory memory) {
    MemorySlot slot = memory.slotAt(ADDRESS);
    if (slot != null) {
      MemorySegment block = slot.segment().asSlice(ADDRESS - slot.base(), BYTES);
      if (block.get(WORD, 0) == MAGIC) {
        fillIn(block);
      }
    }
  }

  /** Fills a block in whose magic number was found. */
  void fillIn(MemorySegment block) {
    long[] words = {
      ramBytes, harts, program.seed(), program.limit(), program.randomOrder() ? 1 : 0, park ? 1 : 0
    };
    for (int i = 0; i < words.length; i++) {
      block.setAtIndex(WORD, i + 1, words[i]);
    }
  }
}
