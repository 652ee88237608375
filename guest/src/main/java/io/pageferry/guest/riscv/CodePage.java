package io.pageferry.guest.riscv;

import io.pageferry.memory.PageGeometry;
import java.util.Arrays;

/**
 * A page of guest code, each instruction decoded when it is first executed. The index of an
 * operation is that of its instruction in the page. Used by the hart's thread.
 */
final class CodePage {
  /** Instructions in a page. */
  static final int INSTRUCTIONS = PageGeometry.PAGE_SIZE / Integer.BYTES;

  /** An address that no page has. */
  static final long NO_PAGE = -1;

  /** The operations, and {@link Op#PAGE_END} behind the last. */
  final long[] ops = new long[INSTRUCTIONS + 1];

  /** Guest address of the page. */
  long address = NO_PAGE;

  private long hostAddress;

  CodePage() {
    ops[INSTRUCTIONS] = Op.PAGE_END;
  }

  /** Becomes the page of other code. */
  void reuse(long guestAddress, long host) {
    Arrays.fill(ops, 0, INSTRUCTIONS, Op.UNDECODED);
    address = guestAddress;
    hostAddress = host;
  }

  /** Becomes a page in which every instruction stops the interpreter. */
  void stopEverywhere() {
    Arrays.fill(ops, Op.STEP_END);
  }

  /** Decodes an instruction. */
  long decode(int index) {
    long op = Decoder.decode(HostMemory.getInt(hostAddress + (long) index * Integer.BYTES));
    ops[index] = op;
    return op;
  }
}
