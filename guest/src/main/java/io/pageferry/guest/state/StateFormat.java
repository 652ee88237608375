package io.pageferry.guest.state;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * What the writer and the reader of a state have in common. Stateless; any thread.
 *
 * <p>All numbers are big-endian. A <em>blob</em> is its length (4 bytes) and that many bytes.
 *
 * <pre>
 * magic            4 bytes  "PFMS"
 * version          2 bytes  3
 * sections         up to the end; each:
 *   tag            1 byte   its length, 1 to 16, then that many lower-case letters, digits, hyphens
 *   content        blob     at most 1 MiB
 * </pre>
 */
public final class StateFormat {
  /** Version 1 had no sections; version 2 had no DMA device. */
  static final int VERSION = 3;

  static final int MAGIC = 0x50464d53;
  static final int HEADER_BYTES = 6;
  static final int MAX_TAG_BYTES = 16;
  static final int MAX_SECTION_BYTES = 1 << 20;

  private StateFormat() {}

  static boolean isTag(String tag) {
    return !tag.isEmpty()
        && tag.length() <= MAX_TAG_BYTES
        && tag.chars().allMatch(c -> (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
  }

  /** Writes a blob. */
  public static void writeBlob(DataOutput out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  /**
   * Reads a blob.
   *
   * @throws MalformedStateException if it claims more than {@code limit} bytes; nothing is
   *     allocated for it then
   */
  public static byte[] readBlob(DataInput in, int limit) throws IOException {
    int length = in.readInt();
    MalformedStateException.require(
        length >= 0 && length <= limit,
        "a part of it claims " + length + " bytes where at most " + limit + " are allowed");
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return bytes;
  }
}
