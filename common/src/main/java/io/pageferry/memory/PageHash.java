package io.pageferry.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * The hash of one page's bytes, and the test whether they are all zero. Stateless, allocates
 * nothing; any thread.
 *
 * <p>The hash is XXH64 (Yann Collet, xxHash specification 0.1.1) of the 4096 bytes, seeded with the
 * page's guest frame number, so that a page in the wrong place changes it. The digest of a guest's
 * image is the sum modulo 2^64 of the hashes of its pages that are not all zero, which can be added
 * up in any order.
 */
public final class PageHash {
  private static final long P1 = 0x9E3779B185EBCA87L;
  private static final long P2 = 0xC2B2AE3D27D4EB4FL;
  private static final long P3 = 0x165667B19E3779F9L;
  private static final long P4 = 0x85EBCA77C2B2AE63L;

  private PageHash() {}

  /** What a page adds to its guest's image digest: its hash, or 0 if it is all zero. */
  public static long contribution(MemorySlot slot, long page) {
    long gfn = PageGeometry.pages(slot.base()) + page;
    long offset = PageGeometry.bytes(page);
    return isZero(slot.segment(), offset) ? 0 : hash(slot.segment(), offset, gfn);
  }

  /** Whether every byte of a page is zero. */
  public static boolean isZero(MemorySlot slot, long page) {
    return isZero(slot.segment(), PageGeometry.bytes(page));
  }

  /** XXH64 of the page at {@code offset}. */
  static long hash(MemorySegment bytes, long offset, long seed) {
    long a = seed + P1 + P2;
    long b = seed + P2;
    long c = seed;
    long d = seed - P1;
    for (int i = 0; i < PageGeometry.PAGE_SIZE; i += 32) {
      a = round(a, bytes.get(JAVA_LONG_UNALIGNED, offset + i));
      b = round(b, bytes.get(JAVA_LONG_UNALIGNED, offset + i + 8));
      c = round(c, bytes.get(JAVA_LONG_UNALIGNED, offset + i + 16));
      d = round(d, bytes.get(JAVA_LONG_UNALIGNED, offset + i + 24));
    }
    long hash =
        Long.rotateLeft(a, 1)
            + Long.rotateLeft(b, 7)
            + Long.rotateLeft(c, 12)
            + Long.rotateLeft(d, 18);
    hash = merge(merge(merge(merge(hash, a), b), c), d) + PageGeometry.PAGE_SIZE;
    hash = (hash ^ (hash >>> 33)) * P2;
    hash = (hash ^ (hash >>> 29)) * P3;
    return hash ^ (hash >>> 32);
  }

  private static long round(long accumulator, long word) {
    return Long.rotateLeft(accumulator + word * P2, 31) * P1;
  }

  private static long merge(long hash, long accumulator) {
    return (hash ^ round(0, accumulator)) * P1 + P4;
  }

  /** Whether every byte of the page at {@code offset} is zero. */
  static boolean isZero(MemorySegment bytes, long offset) {
    for (int i = 0; i < PageGeometry.PAGE_SIZE; i += 64) {
      long any = 0;
      for (int j = 0; j < 64; j += 8) {
        any |= bytes.get(JAVA_LONG_UNALIGNED, offset + i + j);
      }
      if (any != 0) {
        return false;
      }
    }
    return true;
  }
}
