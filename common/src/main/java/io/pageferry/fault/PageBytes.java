package io.pageferry.fault;

import java.lang.foreign.MemorySegment;

/** The bytes of pages that have come, read once, in order. Valid while they are put in place. */
@FunctionalInterface
public interface PageBytes {
  /** Copies the next page to {@code target}, from {@code offset} on. */
  void copyPageTo(MemorySegment target, long offset);
}
