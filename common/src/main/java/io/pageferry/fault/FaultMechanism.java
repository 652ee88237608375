package io.pageferry.fault;

import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageHash;
import io.pageferry.memory.PageTrap;
import java.lang.foreign.MemorySegment;

/**
 * How accesses to missing pages of one slot are stopped, how such a page gets its bytes, and how
 * accesses are let go on. Which pages are here is another question; {@link PageStates} answers it.
 *
 * <pre>
 * a page comes:   claim ─► fill ─► present ─► lift ─► wake who waits
 * a vCPU exits:   fetch, wait until present ─► answer ─► the access is tried again
 * </pre>
 *
 * <p>INVARIANT (rule 1): {@link #lift} and {@link #answer} are called after the page's bytes are in
 * place, and release them; {@link #traps} acquires, so a vCPU that is let through sees the bytes.
 * Any thread, unless said otherwise.
 */
public interface FaultMechanism extends PageTrap, AutoCloseable {
  /** The slot. */
  MemorySlot slot();

  /**
   * Begins to stop accesses, at every page of the slot. Before vCPUs run; while they do, the
   * machine must also drop what they have mapped.
   *
   * @throws IllegalStateException if something stops accesses to the slot already
   */
  void enable();

  /**
   * Stops accesses to {@code count} pages from {@code first} on. A vCPU that has one of them mapped
   * goes on until its mappings are dropped.
   */
  void trap(long first, long count);

  /**
   * Gives pages their bytes. Their traps are still set; the caller has claimed them.
   *
   * @return the sum of their {@link PageHash} contributions, read back from where they are now
   */
  default long fill(long first, long count, PageBytes bytes) {
    MemorySlot slot = slot();
    if (count >= POPULATED_RUN) {
      slot.populate(first, count);
    }
    MemorySegment segment = slot.segment();
    long sum = 0;
    for (long page = first; page < first + count; page++) {
      bytes.copyPageTo(segment, PageGeometry.bytes(page));
      sum += PageHash.contribution(slot, page);
    }
    return sum;
  }

  /** From so many pages on it pays to ask for physical memory at once. */
  int POPULATED_RUN = 4;

  /** Makes pages zero that may have been populated; otherwise as {@link #fill}. */
  default void fillZeros(long first, long count) {
    slot().discard(first, count);
  }

  /** Pages that nobody has touched stay zero; otherwise as {@link #fill}. */
  default void leaveZeros(long first, long count) {}

  /** Whether pages that are missing may be given physical memory ahead of time. */
  default boolean populates() {
    return true;
  }

  /** Pages are in place, and present: whoever installed them lets accesses go on. Release. */
  void lift(long first, long count);

  /**
   * A page that a vCPU has exited for is present, and the vCPU is about to try again. Release. By
   * the vCPU's thread.
   */
  default void answer(long page) {
    // The installer may be between the page's state and its trap.
    if (traps(page)) {
      lift(page, 1);
    }
  }

  /** Stops no access any more. Idempotent. */
  void disable();

  /** Stops no access any more, and gives back what it has of the host. Idempotent. */
  @Override
  default void close() {
    disable();
  }

  /** Bits of state that it keeps for each page, while all pages are missing. */
  int bitsPerPage();
}
