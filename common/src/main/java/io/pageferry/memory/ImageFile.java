package io.pageferry.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;

/**
 * A file that holds the memory of a machine that stands still, page after page. It is only read,
 * and must neither change nor shrink while it is used: a page that is cut off cannot be read any
 * more, and ends the lane that needs it.
 *
 * <p>Any thread; closed once by its owner. Mappings of it live longer.
 */
public final class ImageFile implements AutoCloseable {
  private static final int O_CLOEXEC = 0x80000;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle SEEK =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("lseek"),
          FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final Path path;
  private final FileChannel channel;
  private final long sizeBytes;
  private final FileTime modified;

  /**
   * Opens a file.
   *
   * @throws BackingFileException if it cannot be read, or is not one of whole pages
   */
  public ImageFile(Path path) {
    this.path = path.toAbsolutePath();
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ);
      sizeBytes = channel.size();
      modified = Files.getLastModifiedTime(path);
    } catch (IOException e) {
      throw new BackingFileException(
          "The image file %s cannot be read: %s.".formatted(path, FileProblem.of(e)), e);
    }
    if (sizeBytes == 0 || !PageGeometry.isPageAligned(sizeBytes)) {
      close();
      throw new BackingFileException(
          "The image file %s has %d bytes, which are not those of whole pages of %d bytes; a raw memory snapshot has."
              .formatted(path, sizeBytes, PageGeometry.PAGE_SIZE));
    }
  }

  /** The file's name. */
  public Path path() {
    return path;
  }

  /** Its size in bytes. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /** When it was written to for the last time before it was opened. */
  public FileTime modified() {
    return modified;
  }

  /** Part of the file as memory that can only be read. */
  MemorySegment map(long offset, long bytes, Arena owner) {
    try {
      return channel.map(FileChannel.MapMode.READ_ONLY, offset, bytes, owner);
    } catch (IOException e) {
      throw new BackingFileException(
          "The image file %s cannot be mapped: %s.".formatted(path, FileProblem.of(e)), e);
    }
  }

  /**
   * Marks the pages of a slot that hold something else than zeros. Holes are not looked at; the
   * rest is read once.
   *
   * @param slot one that {@link #map} made, from {@code offset} on
   */
  void findContents(MemorySlot slot, long offset) {
    int descriptor = open();
    try {
      long end = offset + slot.sizeBytes();
      long at = offset;
      while (at < end) {
        long data = seek(descriptor, at, SEEK_DATA);
        if (data < 0 || data >= end) {
          // No data from here on. A file system that knows no holes says that all is data.
          return;
        }
        long hole = seek(descriptor, data, SEEK_HOLE);
        long stop = hole < 0 ? end : Math.min(end, hole);
        markNonzero(
            slot,
            PageGeometry.pages(data - offset),
            PageGeometry.pages(stop - offset + PageGeometry.PAGE_SIZE - 1));
        at = Math.max(stop, data + 1);
      }
    } finally {
      closeDescriptor(descriptor);
    }
  }

  private static void markNonzero(MemorySlot slot, long first, long end) {
    for (long page = first; page < end; page++) {
      if (!PageHash.isZero(slot, page)) {
        slot.written().set(page);
      }
    }
  }

  private int open() {
    try (Arena arena = Arena.ofConfined()) {
      // Safe: the path ends with a zero byte, and lives as long as the call.
      int descriptor = (int) OPEN.invokeExact(arena.allocateFrom(path.toString()), O_CLOEXEC);
      if (descriptor < 0) {
        throw new BackingFileException("The image file " + path + " cannot be opened again.");
      }
      return descriptor;
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  private static long seek(int descriptor, long offset, int whence) {
    try {
      // Safe: the call takes no memory.
      return (long) SEEK.invokeExact(descriptor, offset, whence);
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  private static void closeDescriptor(int descriptor) {
    try {
      // Safe: nobody else knows the descriptor.
      var _ = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  private static RuntimeException unchecked(Throwable t) {
    if (t instanceof Error error) {
      throw error;
    }
    return t instanceof RuntimeException runtime ? runtime : new IllegalStateException(t);
  }

  /** The file may go; what is mapped stays. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new BackingFileException("The image file cannot be closed.", e);
    }
  }
}
