package io.pageferry.wire;

import org.jspecify.annotations.Nullable;

/**
 * The encoded form of a fetch, {@code DemandRequest} with field 2 and perhaps field 3, and the
 * place where a thread writes or reads it. Both fields are messages of three numbers, fields 1 to
 * 3, as varints; numbers that are zero are left out, as protobuf does. Used by one thread.
 */
final class FetchBytes {
  private static final int TAG_FETCH = 2 << 3 | 2;
  private static final int TAG_PREFETCH = 3 << 3 | 2;

  /** Of the three numbers of either. */
  private static final int TAG_FIRST = 1 << 3;

  private static final int TAG_SECOND = 2 << 3;
  private static final int TAG_THIRD = 3 << 3;

  /** Twice a tag and a length, and three numbers of a tag and at most ten bytes. */
  private static final int MAX_BYTES = 2 * (2 + 3 * 11);

  /** The message: the first {@link #length} bytes. */
  final byte[] array = new byte[MAX_BYTES];

  int length;
  private int at;
  private long first;
  private long second;
  private long third;

  /** Writes a fetch. */
  void write(Demand demand) {
    length = 0;
    writeThree(
        TAG_FETCH,
        Integer.toUnsignedLong(demand.slotId()),
        demand.firstPage(),
        Integer.toUnsignedLong(demand.pageCount()));
    if (demand.prefetchCount() != 0) {
      writeThree(
          TAG_PREFETCH,
          demand.prefetchFirst(),
          zigzag(demand.prefetchStep()),
          Integer.toUnsignedLong(demand.prefetchCount()));
    }
  }

  private void writeThree(int tag, long one, long two, long three) {
    int start = length + 2;
    int end = writeNumber(start, TAG_FIRST, one);
    end = writeNumber(end, TAG_SECOND, two);
    end = writeNumber(end, TAG_THIRD, three);
    array[length] = (byte) tag;
    array[length + 1] = (byte) (end - start);
    length = end;
  }

  private int writeNumber(int start, int tag, long value) {
    return value == 0 ? start : FrameHeader.field(array, start, tag, value);
  }

  /** Reads a fetch; null if the bytes are anything else, or not in the order of their numbers. */
  @Nullable Demand read() {
    at = 0;
    if (!readThree(TAG_FETCH)) {
      return null;
    }
    Demand fetch = Demand.fetch((int) first, second, (int) third);
    if (at == length) {
      return fetch;
    }
    if (!readThree(TAG_PREFETCH) || at != length) {
      return null;
    }
    return fetch.thenPrefetch(first, unzigzag(second), (int) third);
  }

  private boolean readThree(int tag) {
    if (length - at < 2 || array[at] != tag || array[at + 1] < 0) {
      return false;
    }
    int end = at + 2 + array[at + 1];
    at += 2;
    if (end > length) {
      return false;
    }
    first = readNumber(TAG_FIRST, end);
    second = readNumber(TAG_SECOND, end);
    third = readNumber(TAG_THIRD, end);
    return at == end;
  }

  /** The number with a tag, if it comes next; 0 otherwise, or, without moving, if it is cut off. */
  private long readNumber(int tag, int end) {
    if (at == end || array[at] != tag) {
      return 0;
    }
    long value = 0;
    int next = at + 1;
    for (int shift = 0; shift < 64 && next < end; shift += 7) {
      byte part = array[next++];
      value |= (long) (part & 0x7f) << shift;
      if (part >= 0) {
        at = next;
        return value;
      }
    }
    return 0;
  }

  private static long zigzag(long value) {
    return value << 1 ^ value >> 63;
  }

  private static long unzigzag(long value) {
    return value >>> 1 ^ -(value & 1);
  }
}
