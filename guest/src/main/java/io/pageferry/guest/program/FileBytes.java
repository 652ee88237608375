package io.pageferry.guest.program;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian fields of a file in memory, and the checks of what they say. Any thread. */
final class FileBytes {
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] bytes;

  FileBytes(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The file itself, not a copy. */
  byte[] bytes() {
    return bytes;
  }

  int size() {
    return bytes.length;
  }

  int byteAt(int offset) {
    return bytes[offset] & 0xff;
  }

  int shortAt(int offset) {
    return (short) SHORT.get(bytes, offset) & 0xffff;
  }

  int intAt(int offset) {
    return (int) INT.get(bytes, offset);
  }

  long longAt(int offset) {
    return (long) LONG.get(bytes, offset);
  }

  /** Whether the file has {@code count} bytes from {@code offset} on; both may be anything. */
  boolean holds(long offset, long count) {
    return offset >= 0 && count >= 0 && count <= size() && offset <= size() - count;
  }

  void require(boolean condition, String reason, long value) {
    if (!condition) {
      throw ProgramException.malformed(
          "This is no program the guest can run: "
              + reason.replace("%d", Long.toString(value))
              + ".");
    }
  }

  void require(boolean condition, String reason) {
    require(condition, reason, 0);
  }
}
