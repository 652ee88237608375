package io.pageferry.host;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * How long Linux lets a thread run before it considers another one. A thread with a short slice is
 * given a core at once when it wakes up, and loses little when it yields; it gets no larger share
 * of the processor. Needs no privilege.
 *
 * <p>Best effort: without effect on kernels before 6.12 and other processors. Source: {@code
 * sched_setattr(2)}, whose {@code sched_runtime} is the slice of an ordinary thread.
 */
public final class ThreadSlice {
  /** The shortest that Linux knows. */
  private static final long SHORT_NANOS = 100_000;

  private static final int ATTRIBUTES_BYTES = 56;
  private static final long RUNTIME_OFFSET = 24;
  private static final long FLAGS_OFFSET = 8;
  private static final MethodHandle SYSTEM_CALL =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
              FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
              Linker.Option.firstVariadicArg(1));

  private ThreadSlice() {}

  /** Gives the calling platform thread the shortest slice. */
  public static void shorten() {
    String processor = System.getProperty("os.arch", "");
    boolean x86 = processor.equals("amd64");
    if (!x86 && !processor.equals("aarch64") && !processor.equals("riscv64")) {
      // System calls have other numbers there.
      return;
    }
    long get = x86 ? 315 : 275;
    long set = x86 ? 314 : 274;
    try (Arena arena = Arena.ofConfined()) {
      // Safe: the kernel reads and writes at most the bytes whose number it is given.
      MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
      if ((long) SYSTEM_CALL.invokeExact(get, 0, attributes, ATTRIBUTES_BYTES, 0) == 0) {
        attributes.set(JAVA_LONG, FLAGS_OFFSET, 0);
        attributes.set(JAVA_LONG, RUNTIME_OFFSET, SHORT_NANOS);
        var _ = (long) SYSTEM_CALL.invokeExact(set, 0, attributes, 0, 0);
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
