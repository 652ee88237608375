package io.pageferry.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.function.LongConsumer;

/**
 * The few system calls that memory needs: {@code mmap}, {@code munmap}, {@code madvise}, {@code
 * mincore}. Stateless; any thread. Memory is passed as a segment, not as an address, so that the
 * linker keeps it mapped during a call and refuses a call on memory that is unmapped.
 */
final class LinuxMemory {
  private static final int PROT_READ_WRITE = 0x3;
  private static final int MAP_PRIVATE = 0x02;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final int MAP_NORESERVE = 0x4000;
  private static final int MADV_DONTNEED = 4;
  private static final int MADV_HUGEPAGE = 14;
  private static final int MADV_NOHUGEPAGE = 15;
  private static final int MADV_POPULATE_WRITE = 23;
  private static final long HUGE_PAGE_BYTES = PageGeometry.bytes(PageGeometry.HUGE_PAGE_PAGES);
  private static final long MINCORE_CHUNK_PAGES = 1 << 18;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final MemoryLayout ERRNO_LAYOUT = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO_HANDLE =
      ERRNO_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle MMAP =
      handle(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MUNMAP =
      handle("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle MADVISE =
      handle("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle ADVISE_AND_FORGET =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("madvise"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle MINCORE =
      handle("mincore", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS));

  private LinuxMemory() {}

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    // Safe: the descriptors are those of the C library's functions of the same name.
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, ERRNO);
  }

  /**
   * Maps {@code bytes} of zeros that take no physical memory until touched, and then one 4 KiB page
   * at a time. Where they fill a huge page, the address is a multiple of its size.
   *
   * @throws OutOfMemoryError if the kernel refuses the mapping
   */
  static MemorySegment mapAnonymous(long bytes, Arena owner) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(ERRNO_LAYOUT);
      MemorySegment address =
          bytes < HUGE_PAGE_BYTES ? map(errno, bytes, bytes) : mapAligned(errno, bytes);
      // Transparent huge pages would make 511 neighbours resident with each page installed.
      // Best effort: a kernel without them answers EINVAL, and needs no advice.
      var _ = (int) MADVISE.invokeExact(errno, address, bytes, MADV_NOHUGEPAGE);
      // Safe: the mapping has exactly this size, and is unmapped when its only owner closes.
      return address.reinterpret(bytes, owner, segment -> unmap(segment.address(), bytes));
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  /** Maps {@code bytes}, of which {@code wanted} are named if the kernel refuses. */
  private static MemorySegment map(MemorySegment errno, long bytes, long wanted) throws Throwable {
    MemorySegment address =
        (MemorySegment)
            MMAP.invokeExact(
                errno,
                MemorySegment.NULL,
                bytes,
                PROT_READ_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                -1,
                0L);
    if (address.address() == -1L) {
      throw new OutOfMemoryError(
          "The system refused to map " + wanted + " bytes of memory (errno " + code(errno) + ").");
    }
    return address;
  }

  /** Maps more than is needed, and unmaps what lies before and behind an aligned part of it. */
  private static MemorySegment mapAligned(MemorySegment errno, long bytes) throws Throwable {
    long first = map(errno, bytes + HUGE_PAGE_BYTES, bytes).address();
    long start = (first + HUGE_PAGE_BYTES - 1) & -HUGE_PAGE_BYTES;
    if (start > first) {
      unmap(first, start - first);
    }
    unmap(start + bytes, first + HUGE_PAGE_BYTES - start);
    return MemorySegment.ofAddress(start);
  }

  private static void unmap(long address, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(ERRNO_LAYOUT);
      if ((int) MUNMAP.invokeExact(errno, address, bytes) != 0) {
        throw new IllegalStateException("munmap failed (errno " + code(errno) + ").");
      }
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  /**
   * Gives page-aligned memory back to the operating system; anonymous memory then reads as zeros.
   *
   * @throws IllegalStateException if the memory is unmapped
   */
  static void discard(MemorySegment memory) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(ERRNO_LAYOUT);
      if ((int) MADVISE.invokeExact(errno, memory, memory.byteSize(), MADV_DONTNEED) != 0) {
        throw new IllegalStateException("madvise failed (errno " + code(errno) + ").");
      }
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  /**
   * Gives page-aligned memory physical pages, in one go where writing to it would take a page fault
   * each. Best effort: kernels before 5.14 do nothing. Allocates nothing.
   *
   * @throws IllegalStateException if the memory is unmapped
   */
  static void populate(MemorySegment memory) {
    try {
      // Safe: the kernel does nothing to pages beyond the segment's, and keeps what pages hold.
      var _ = (int) ADVISE_AND_FORGET.invokeExact(memory, memory.byteSize(), MADV_POPULATE_WRITE);
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  /**
   * Lets page-aligned memory have huge pages again, for ranges of which every page will be written.
   * Best effort, as {@link #populate} is.
   */
  static void allowHugePages(MemorySegment memory) {
    try {
      // Safe: advice changes no contents.
      var _ = (int) ADVISE_AND_FORGET.invokeExact(memory, memory.byteSize(), MADV_HUGEPAGE);
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  /**
   * Calls {@code action} with the number of each page of page-aligned memory that is in physical
   * memory now.
   *
   * @throws IllegalStateException if the memory is unmapped
   */
  static void forEachResidentPage(MemorySegment memory, LongConsumer action) {
    long bytes = memory.byteSize();
    long chunkBytes = PageGeometry.bytes(MINCORE_CHUNK_PAGES);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(ERRNO_LAYOUT);
      MemorySegment vector = arena.allocate(MINCORE_CHUNK_PAGES);
      for (long offset = 0; offset < bytes; offset += chunkBytes) {
        long length = Math.min(chunkBytes, bytes - offset);
        if ((int) MINCORE.invokeExact(errno, memory.asSlice(offset), length, vector) != 0) {
          throw new IllegalStateException("mincore failed (errno " + code(errno) + ").");
        }
        long pages = PageGeometry.pages(length);
        for (long page = 0; page < pages; page++) {
          if ((vector.get(JAVA_BYTE, page) & 1) != 0) {
            action.accept(PageGeometry.pages(offset) + page);
          }
        }
      }
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  private static int code(MemorySegment errno) {
    return (int) ERRNO_HANDLE.get(errno, 0L);
  }

  private static RuntimeException unchecked(Throwable t) {
    if (t instanceof Error error) {
      throw error;
    }
    return t instanceof RuntimeException runtime ? runtime : new IllegalStateException(t);
  }
}
