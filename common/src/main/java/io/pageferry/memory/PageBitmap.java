package io.pageferry.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * One bit for each page of a memory slot, off heap: an array of 64-bit words, bit 0 of word 0 the
 * slot's first page.
 *
 * <p>Any thread. Every change of a bit is an atomic read-modify-write of its word, so changes of
 * neighbouring bits are never lost. Each method names its memory ordering; a release method pairs
 * with the acquire method of the same bit. Pages outside the bitmap throw {@link
 * IndexOutOfBoundsException}. Lives as long as the arena it was made in.
 */
public final class PageBitmap {
  private static final VarHandle WORD = JAVA_LONG.varHandle();

  private final long pageCount;
  private final MemorySegment words;

  /** A bitmap of {@code pageCount} clear bits whose memory belongs to {@code owner}. */
  PageBitmap(long pageCount, Arena owner) {
    this.pageCount = pageCount;
    long bytes = wordCount(pageCount) * Long.BYTES;
    long mapped = (bytes + PageGeometry.PAGE_SIZE - 1) & -PageGeometry.PAGE_SIZE;
    this.words = LinuxMemory.mapAnonymous(mapped, owner).asSlice(0, bytes);
  }

  /**
   * A bitmap with the bits that {@link #toBytes} gave, in an arena of the caller's.
   *
   * @throws IllegalArgumentException as {@link #copyFrom} does
   */
  public static PageBitmap of(long pageCount, byte[] bytes, Arena owner) {
    PageBitmap bitmap = new PageBitmap(pageCount, owner);
    bitmap.copyFrom(bytes);
    return bitmap;
  }

  /**
   * A bitmap in memory of the caller's, with the bits that it has, such as that of a file.
   *
   * @param memory of at least {@link #bytesFor} bytes
   */
  public static PageBitmap in(MemorySegment memory, long pageCount) {
    return new PageBitmap(pageCount, memory.asSlice(0, bytesFor(pageCount)));
  }

  private PageBitmap(long pageCount, MemorySegment words) {
    this.pageCount = pageCount;
    this.words = words;
  }

  /** Bytes that the bits of so many pages take. */
  public static long bytesFor(long pageCount) {
    return wordCount(pageCount) * Long.BYTES;
  }

  private static long wordCount(long pages) {
    return (pages + 63) >>> 6;
  }

  /** Number of bits. */
  public long pageCount() {
    return pageCount;
  }

  /** The words themselves, as a kernel would be given them. */
  public MemorySegment words() {
    return words;
  }

  /** Reads a bit with acquire: what was written before it was changed with release is visible. */
  public boolean get(long page) {
    check(page);
    return ((long) WORD.getAcquire(words, offset(page)) & bit(page)) != 0;
  }

  /**
   * Sets a bit with release and acquire.
   *
   * @return whether the bit was clear before, so that of several threads exactly one gets true
   */
  public boolean set(long page) {
    check(page);
    return ((long) WORD.getAndBitwiseOr(words, offset(page), bit(page)) & bit(page)) == 0;
  }

  /**
   * Clears a bit with release.
   *
   * @return whether the bit was set before, so that of several threads exactly one gets true
   */
  public boolean clear(long page) {
    check(page);
    return ((long) WORD.getAndBitwiseAndRelease(words, offset(page), ~bit(page)) & bit(page)) != 0;
  }

  /** Sets {@code count} bits from {@code first} on, a word at a time. */
  public void setRange(long first, long count) {
    checkRange(first, count);
    long end = first + count;
    for (long page = first; page < end; page = (page | 63) + 1) {
      long mask = wordMask(page, end);
      var _ = (long) WORD.getAndBitwiseOr(words, offset(page), mask);
    }
  }

  /** Clears {@code count} bits from {@code first} on with release, a word at a time. */
  public void clearRange(long first, long count) {
    checkRange(first, count);
    long end = first + count;
    for (long page = first; page < end; page = (page | 63) + 1) {
      long mask = wordMask(page, end);
      var _ = (long) WORD.getAndBitwiseAndRelease(words, offset(page), ~mask);
    }
  }

  /** The first page from {@code from} on whose bit is set, or -1. */
  public long nextSet(long from) {
    return next(from, 0);
  }

  /** The first page from {@code from} on whose bit is clear, or -1. */
  public long nextClear(long from) {
    return next(from, -1L);
  }

  /**
   * The first page from {@code from} on whose bit is set here and clear in {@code other}, or -1.
   */
  public long nextSetHereOnly(PageBitmap other, long from) {
    long page = from;
    while (page < pageCount) {
      long offset = offset(page);
      long word =
          (long) WORD.getAcquire(words, offset)
              & ~(long) WORD.getAcquire(other.words, offset)
              & (-1L << page);
      if (word != 0) {
        return (page & ~63L) + Long.numberOfTrailingZeros(word);
      }
      page = (page | 63) + 1;
    }
    return -1;
  }

  /**
   * Whether {@code other} has every bit that is set here among {@code count} from {@code first}.
   */
  public boolean coveredBy(PageBitmap other, long first, long count) {
    checkRange(first, count);
    long end = first + count;
    for (long page = first; page < end; page = (page | 63) + 1) {
      long offset = offset(page);
      long uncovered =
          (long) WORD.getAcquire(words, offset) & ~(long) WORD.getAcquire(other.words, offset);
      if ((uncovered & wordMask(page, end)) != 0) {
        return false;
      }
    }
    return true;
  }

  private long next(long from, long invert) {
    long page = from;
    while (page < pageCount) {
      long word = ((long) WORD.getAcquire(words, offset(page)) ^ invert) & (-1L << page);
      if (word != 0) {
        long found = (page & ~63L) + Long.numberOfTrailingZeros(word);
        return found < pageCount ? found : -1;
      }
      page = (page | 63) + 1;
    }
    return -1;
  }

  /** Number of set bits; not atomic while others change them. */
  public long cardinality() {
    long count = 0;
    for (long offset = 0; offset < words.byteSize(); offset += Long.BYTES) {
      count += Long.bitCount((long) WORD.getAcquire(words, offset));
    }
    return count;
  }

  /** A copy of all words as little-endian bytes; not atomic while others change them. */
  public byte[] toBytes() {
    return words.toArray(JAVA_BYTE);
  }

  /**
   * Replaces all bits, before the bitmap is shared with other threads.
   *
   * @param bytes little-endian words, exactly as many as {@link #toBytes} gives
   * @throws IllegalArgumentException if the length differs or a bit beyond the last page is set
   */
  public void copyFrom(byte[] bytes) {
    if (bytes.length != words.byteSize()) {
      throw new IllegalArgumentException(
          "A bitmap of "
              + pageCount
              + " pages has "
              + words.byteSize()
              + " bytes, not "
              + bytes.length
              + ".");
    }
    int tail = (int) (pageCount & 63);
    MemorySegment from = MemorySegment.ofArray(bytes);
    if (tail != 0
        && from.get(JAVA_LONG.withByteAlignment(1), bytes.length - Long.BYTES) >>> tail != 0) {
      throw new IllegalArgumentException("A bit beyond page " + (pageCount - 1) + " is set.");
    }
    MemorySegment.copy(from, 0, words, 0, bytes.length);
  }

  private static long offset(long page) {
    return (page >>> 6) << 3;
  }

  private static long bit(long page) {
    return 1L << page;
  }

  /** The bits of {@code page}'s word from {@code page} up to, not including, {@code end}. */
  private static long wordMask(long page, long end) {
    long mask = -1L << page;
    return end - (page & ~63L) >= 64 ? mask : mask & (-1L >>> -end);
  }

  private void check(long page) {
    if (page < 0 || page >= pageCount) {
      throw new IndexOutOfBoundsException("Page " + page + " of " + pageCount + ".");
    }
  }

  private void checkRange(long first, long count) {
    if (first < 0 || count < 0 || first > pageCount - count) {
      throw new IndexOutOfBoundsException(
          "Pages " + first + " to " + (first + count) + " of " + pageCount + ".");
    }
  }
}
