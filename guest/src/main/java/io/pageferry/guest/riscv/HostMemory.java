package io.pageferry.guest.riscv;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Little-endian access to host memory by address. Any thread; plain accesses unless the name says
 * otherwise.
 *
 * <p>A hart's fast path may afford neither a search for the slot nor a liveness check, so it goes
 * through one segment over the whole address space. That is safe because every address comes from a
 * TLB entry, which is filled only with pages of a live slot, and because a guest's memory is closed
 * only after its vCPU threads have ended.
 */
final class HostMemory {
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  private static final ValueLayout.OfShort SHORT =
      JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Atomic access to aligned words; coordinates: {@link #segment()} and the address. */
  static final VarHandle ATOMIC_INT = JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  /** Atomic access to aligned double words; coordinates: {@link #segment()} and the address. */
  static final VarHandle ATOMIC_LONG = JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  private HostMemory() {}

  /** The whole address space, for {@link #ATOMIC_INT} and {@link #ATOMIC_LONG}. */
  static MemorySegment segment() {
    return ALL;
  }

  static byte getByte(long address) {
    return ALL.get(JAVA_BYTE, address);
  }

  static short getShort(long address) {
    return ALL.get(SHORT, address);
  }

  static int getInt(long address) {
    return ALL.get(INT, address);
  }

  static long getLong(long address) {
    return ALL.get(LONG, address);
  }

  static void putByte(long address, byte value) {
    ALL.set(JAVA_BYTE, address, value);
  }

  static void putShort(long address, short value) {
    ALL.set(SHORT, address, value);
  }

  static void putInt(long address, int value) {
    ALL.set(INT, address, value);
  }

  static void putLong(long address, long value) {
    ALL.set(LONG, address, value);
  }
}
