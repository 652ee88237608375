package io.pageferry.userfaultfd;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Accesses registered memory whose pages may be missing, from Java: the access happens inside a
 * call of the C library. A thread that waits there counts as one in native code, which stops no
 * garbage collection.
 *
 * <p>One thread at a time, which owns it. If nobody brings the page, the thread waits for ever.
 */
public final class NativeTouch {
  private static final MethodHandle COPY =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("memcpy"),
              // No 'critical' option: such a call would stop safepoints just as a load does.
              FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG));

  private final MemorySegment one = Arena.ofAuto().allocate(1);

  /** Reads a byte, once its page is there. */
  public byte read(MemorySegment memory, long offset) {
    copy(memory.asSlice(offset, 1), one);
    return one.get(JAVA_BYTE, 0);
  }

  /** Writes a byte, once its page is there. */
  public void write(MemorySegment memory, long offset, byte value) {
    one.set(JAVA_BYTE, 0, value);
    copy(one, memory.asSlice(offset, 1));
  }

  /** Copies bytes, once all pages of them are there. The segments have one size. */
  public static void copy(MemorySegment source, MemorySegment target) {
    if (source.byteSize() != target.byteSize()) {
      throw new IllegalArgumentException(
          source.byteSize() + " bytes cannot be copied to " + target.byteSize() + ".");
    }
    try {
      // Safe: both segments have this size, and the linker keeps them mapped during the call.
      COPY.invokeExact(target, source, source.byteSize());
    } catch (Throwable t) {
      throw LinuxUserfault.unchecked(t);
    }
  }
}
