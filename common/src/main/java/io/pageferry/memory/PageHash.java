package io.pageferry.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The hash of one page's bytes, and the test whether they are all zero. Any thread; allocates
 * nothing once a thread has seen a slot.
 *
 * <p>The hash is the page's CRC-32C (RFC 3720, appendix B.4), which processors compute by
 * themselves, spread over 64 bits together with the page's guest frame number, so that a page in
 * the wrong place changes it. The spreading function is the finalizer of SplitMix64 (Steele, Lea
 * and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014). The digest of a
 * guest's image is the sum modulo 2^64 of the hashes of its pages that are not all zero, which can
 * be added up in any order.
 */
public final class PageHash {
  private static final long FRAME_MULTIPLIER = 0x9E3779B97F4A7C15L;
  private static final long ZERO_PAGE_CRC = crcOfZeros();
  private static final ThreadLocal<Views> VIEWS = ThreadLocal.withInitial(Views::new);

  private PageHash() {}

  private static long crcOfZeros() {
    CRC32C crc = new CRC32C();
    crc.update(new byte[PageGeometry.PAGE_SIZE]);
    return crc.getValue();
  }

  /** What a page adds to its guest's image digest: its hash, or 0 if it is all zero. */
  public static long contribution(MemorySlot slot, long page) {
    long crc = VIEWS.get().crc(slot, page);
    if (crc == ZERO_PAGE_CRC && isZero(slot, page)) {
      return 0;
    }
    return spread(crc + FRAME_MULTIPLIER * (PageGeometry.pages(slot.base()) + page));
  }

  /**
   * The same of bytes that are not in a slot's memory.
   *
   * @param bytes a direct buffer that holds the page; its position and limit change
   * @param position where the page begins in it
   * @param frame the page's guest frame number
   */
  public static long contribution(ByteBuffer bytes, int position, long frame) {
    long crc = VIEWS.get().crc(bytes, position);
    if (crc == ZERO_PAGE_CRC && isZero(bytes, position)) {
      return 0;
    }
    return spread(crc + FRAME_MULTIPLIER * frame);
  }

  private static boolean isZero(ByteBuffer bytes, int position) {
    for (int i = position; i < position + PageGeometry.PAGE_SIZE; i += Long.BYTES) {
      if (bytes.getLong(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static long spread(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  /** Whether every byte of a page is zero. */
  public static boolean isZero(MemorySlot slot, long page) {
    MemorySegment bytes = slot.segment();
    long offset = PageGeometry.bytes(page);
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

  /** A thread's checksum, and its views of the slot that it hashed last: a buffer each GiB. */
  private static final class Views {
    private static final int VIEW_SHIFT = 30;
    private static final long VIEW_BYTES = 1L << VIEW_SHIFT;

    private final CRC32C crc = new CRC32C();
    private @Nullable MemorySlot slot;
    private ByteBuffer[] buffers = {};

    long crc(MemorySlot of, long page) {
      if (slot != of) {
        view(of);
      }
      long offset = PageGeometry.bytes(page);
      return crc(buffers[(int) (offset >>> VIEW_SHIFT)], (int) (offset & (VIEW_BYTES - 1)));
    }

    long crc(ByteBuffer buffer, int position) {
      buffer.limit(position + PageGeometry.PAGE_SIZE).position(position);
      crc.reset();
      crc.update(buffer);
      return crc.getValue();
    }

    private void view(MemorySlot of) {
      int count = (int) ((of.sizeBytes() + VIEW_BYTES - 1) >>> VIEW_SHIFT);
      buffers = new ByteBuffer[count];
      for (int i = 0; i < count; i++) {
        long start = (long) i << VIEW_SHIFT;
        long length = Math.min(VIEW_BYTES, of.sizeBytes() - start);
        buffers[i] = of.segment().asSlice(start, length).asByteBuffer();
      }
      slot = of;
    }
  }
}
