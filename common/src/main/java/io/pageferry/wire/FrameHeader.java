package io.pageferry.wire;

import io.pageferry.memory.PageGeometry;

/**
 * Layout of an encoded {@code PageFrame}: fields 1 to 3 as varints, then field 4 as length and
 * bytes, or field 5 as a varint; fields that are zero or empty are left out, as protobuf does.
 */
final class FrameHeader {
  /** Longest encoding of the fields before the page bytes. */
  static final int MAX_BYTES = 6 + 11 + 6 + 6;

  /** Most pages in a frame. */
  static final int MAX_PAGES = 1024;

  static final int TAG_SLOT = 1 << 3;
  static final int TAG_FIRST_PAGE = 2 << 3;
  static final int TAG_PAGE_COUNT = 3 << 3;
  static final int TAG_DATA = 4 << 3 | 2;
  static final int TAG_LOST = 5 << 3;

  private FrameHeader() {}

  /** Writes everything that precedes the page bytes; returns its length. */
  static int encode(OutgoingFrame frame, byte[] to) {
    int at = 0;
    var slot = frame.slot();
    if (slot != null && slot.id() != 0) {
      at = field(to, at, TAG_SLOT, slot.id());
    }
    if (frame.firstPage() != 0) {
      at = field(to, at, TAG_FIRST_PAGE, frame.firstPage());
    }
    if (frame.pageCount() != 0) {
      at = field(to, at, TAG_PAGE_COUNT, frame.pageCount());
    }
    if (frame.lost()) {
      at = field(to, at, TAG_LOST, 1);
    }
    if (!frame.zero()) {
      at = field(to, at, TAG_DATA, PageGeometry.bytes(frame.pageCount()));
    }
    return at;
  }

  /** Writes a tag and a number; returns where they end. */
  static int field(byte[] to, int start, int tag, long value) {
    int at = start;
    to[at++] = (byte) tag;
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      to[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    to[at++] = (byte) rest;
    return at;
  }

  /** Size of the whole encoded frame. */
  static long encodedBytes(OutgoingFrame frame) {
    var slot = frame.slot();
    long data = frame.zero() ? 0 : PageGeometry.bytes(frame.pageCount());
    return fieldBytes(slot == null ? 0 : slot.id())
        + fieldBytes(frame.firstPage())
        + fieldBytes(frame.pageCount())
        + fieldBytes(frame.lost() ? 1 : 0)
        + fieldBytes(data)
        + data;
  }

  private static int fieldBytes(long value) {
    return value == 0 ? 0 : 1 + (63 - Long.numberOfLeadingZeros(value)) / 7 + 1;
  }
}
