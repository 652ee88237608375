package io.pageferry.userfaultfd;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The system calls that a userfaultfd needs. Stateless; any thread. Each returns what the C
 * library's function of the same name returns, and leaves the error number in a segment that the
 * caller owns, so that a call allocates nothing.
 */
final class LinuxUserfault {
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int ESRCH = 3;
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int ENOMEM = 12;
  static final int EEXIST = 17;
  static final int EINVAL = 22;
  static final int ENOSPC = 28;
  static final int ENOSYS = 38;

  static final int O_RDWR = 2;
  static final int O_NONBLOCK = 0x800;
  static final int O_CLOEXEC = 0x80000;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
  private static final MemoryLayout ERROR_LAYOUT = Linker.Option.captureStateLayout();
  private static final VarHandle ERROR =
      ERROR_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle SYSTEM_CALL =
      variadic("syscall", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT), 1);
  private static final MethodHandle OPEN =
      variadic("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), 2);
  private static final MethodHandle IOCTL =
      variadic("ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), 2);
  private static final MethodHandle READ =
      fixed("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle POLL =
      fixed("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle CLOSE =
      fixed("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private LinuxUserfault() {}

  private static MethodHandle fixed(String name, FunctionDescriptor descriptor) {
    // Safe: the descriptors are those of the C library's functions of the same name.
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, CAPTURE);
  }

  private static MethodHandle variadic(String name, FunctionDescriptor descriptor, int fixed) {
    // Safe: as above; arguments from index 'fixed' on are passed as variadic ones.
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        descriptor,
        CAPTURE,
        Linker.Option.firstVariadicArg(fixed));
  }

  /** Room for the error number of one thread's calls. */
  static MemorySegment newError(Arena arena) {
    return arena.allocate(ERROR_LAYOUT);
  }

  /** The error number of the last call that was given {@code error} and failed. */
  static int code(MemorySegment error) {
    return (int) ERROR.get(error, 0L);
  }

  /** The userfaultfd system call; -1 with ENOSYS where its number is not known. */
  static int userfaultfd(MemorySegment error, int flags) {
    try {
      return switch (System.getProperty("os.arch", "")) {
        // Safe: the call takes no memory.
        case "amd64" -> (int) (long) SYSTEM_CALL.invokeExact(error, 323L, flags);
        case "aarch64", "riscv64" -> (int) (long) SYSTEM_CALL.invokeExact(error, 282L, flags);
        default -> {
          ERROR.set(error, 0L, ENOSYS);
          yield -1;
        }
      };
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  /** Opens a file that exists. */
  static int open(MemorySegment error, MemorySegment path, int flags) {
    try {
      // Safe: the path ends with a zero byte, and lives as long as the call.
      return (int) OPEN.invokeExact(error, path, flags, 0);
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  /**
   * An ioctl of a userfaultfd. {@code argument} is the structure that the request is defined with;
   * memory that the structure names is accessed by the kernel, which answers EFAULT where it may
   * not.
   */
  static int ioctl(MemorySegment error, int descriptor, long request, MemorySegment argument) {
    try {
      // Safe: the request's number holds the structure's size, and callers pass segments of it.
      return (int) IOCTL.invokeExact(error, descriptor, request, argument);
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  /** Reads at most {@code into.byteSize()} bytes. */
  static long read(MemorySegment error, int descriptor, MemorySegment into) {
    try {
      // Safe: the kernel writes at most the segment's size.
      return (long) READ.invokeExact(error, descriptor, into, into.byteSize());
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  /** Waits for one of {@code count} descriptors. */
  static int poll(MemorySegment error, MemorySegment descriptors, int count, int timeoutMillis) {
    try {
      // Safe: callers pass segments with room for 'count' structures.
      return (int) POLL.invokeExact(error, descriptors, (long) count, timeoutMillis);
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  /** Closes a descriptor. It is closed even when an error is reported. */
  static void close(MemorySegment error, int descriptor) {
    try {
      // Safe: callers own the descriptor and use it no more.
      var _ = (int) CLOSE.invokeExact(error, descriptor);
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  static RuntimeException unchecked(Throwable t) {
    if (t instanceof Error e) {
      throw e;
    }
    return t instanceof RuntimeException runtime ? runtime : new IllegalStateException(t);
  }
}
