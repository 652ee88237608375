package io.pageferry.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import org.jspecify.annotations.Nullable;

/**
 * A file that holds a guest's memory: locked, all zeros, and with every block reserved, so that no
 * write to it fails later. One thread; {@link #map} it, then close it when the memory is unmapped.
 *
 * <p>A file that has contents is cleared only if it is marked as one that held a guest's memory
 * (the extended attribute {@code user.pageferry.guest-memory}): any other is somebody's.
 */
final class BackingFile implements AutoCloseable {
  private static final String MARK = "pageferry.guest-memory";

  private static final int O_RDWR_CLOEXEC = 0x80002;
  private static final int LOCK_EX_NB = 6;

  private static final MethodHandle OPEN = handle("open", ADDRESS, JAVA_INT);
  private static final MethodHandle FLOCK = handle("flock", JAVA_INT, JAVA_INT);
  private static final MethodHandle RESERVE =
      handle("posix_fallocate", JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle CLOSE = handle("close", JAVA_INT);

  private final FileChannel channel;

  /** Holds the lock: flock's belongs to what was opened, whatever else this process closes. */
  private final int descriptor;

  /** The opened file's own name, which nobody can give to another. */
  private final Path opened;

  /** Where the file is, if it was made and not only cleared. */
  private final @Nullable Path made;

  private boolean locked;

  private BackingFile(FileChannel channel, int descriptor, Path opened, @Nullable Path made) {
    this.channel = channel;
    this.descriptor = descriptor;
    this.opened = opened;
    this.made = made;
  }

  private static MethodHandle handle(String name, java.lang.foreign.MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    // Safe: the descriptors are those of the C library's functions of the same name.
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
  }

  /**
   * Makes the file, or clears one that held a guest's memory.
   *
   * @throws BackingFileException if it cannot be used; it is as it was then
   */
  static BackingFile make(Path path, long bytes) {
    boolean existed = Files.exists(path);
    if (existed && !Files.isRegularFile(path)) {
      throw new BackingFileException(
          "The backing file " + path + " is not a regular file; name a file that may be made new.");
    }
    try {
      if (!existed) {
        Files.createFile(path);
      }
      BackingFile file = open(path, !existed);
      try {
        file.takeOver(path, bytes);
        return file;
      } catch (IOException | RuntimeException | Error e) {
        // Another's, if it could not be locked.
        if (file.locked) {
          file.abandon();
        } else {
          file.close();
        }
        throw e;
      }
    } catch (IOException e) {
      throw new BackingFileException(
          "The backing file " + path + " cannot be used: " + FileProblem.of(e) + ".", e);
    }
  }

  /** Both ways to the file lead to the same one, whatever its name comes to mean meanwhile. */
  private static BackingFile open(Path path, boolean made) throws IOException {
    int descriptor = descriptor(path);
    if (descriptor < 0) {
      // Says why, with the exception of its kind.
      FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE).close();
      throw new IOException("it cannot be opened");
    }
    Path opened = Path.of("/proc/self/fd/" + descriptor);
    try {
      FileChannel channel =
          FileChannel.open(opened, StandardOpenOption.READ, StandardOpenOption.WRITE);
      return new BackingFile(channel, descriptor, opened, made ? path : null);
    } catch (IOException | RuntimeException | Error e) {
      close(descriptor);
      throw e;
    }
  }

  private static int descriptor(Path path) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) OPEN.invokeExact(arena.allocateFrom(path.toString()), O_RDWR_CLOEXEC);
    } catch (Throwable t) {
      throw new IllegalStateException("open takes these arguments on every Linux.", t);
    }
  }

  private void takeOver(Path path, long bytes) throws IOException {
    if (call(FLOCK, descriptor, LOCK_EX_NB) != 0) {
      throw new BackingFileException(
          "The backing file " + path + " is in use by another guest; name another file.");
    }
    locked = true;
    UserDefinedFileAttributeView marks =
        Files.getFileAttributeView(opened, UserDefinedFileAttributeView.class);
    long found = channel.size();
    if (found > 0 && !isMarked(marks)) {
      throw new BackingFileException(
          "The backing file %s exists and never held a guest's memory, which would overwrite its %d bytes; name another file, or remove this one."
              .formatted(path, found));
    }
    mark(marks);
    channel.truncate(0);
    int error = reserve(bytes);
    if (error != 0) {
      channel.truncate(0);
      throw new BackingFileException(
          "The file system of the backing file %s has no room for %d bytes; free some, or name a file elsewhere (posix_fallocate, errno %d)."
              .formatted(path, bytes, error),
          true);
    }
  }

  private static boolean isMarked(UserDefinedFileAttributeView marks) {
    try {
      return marks != null && marks.list().contains(MARK);
    } catch (IOException | UnsupportedOperationException _) {
      return false;
    }
  }

  /** Best effort: where it cannot be marked, the file has to be removed before it is used again. */
  private static void mark(UserDefinedFileAttributeView marks) {
    try {
      if (marks != null) {
        var _ = marks.write(MARK, ByteBuffer.wrap(new byte[] {1}));
      }
    } catch (IOException | UnsupportedOperationException _) {
      // As if it had no marks.
    }
  }

  private int reserve(long bytes) {
    try {
      return (int) RESERVE.invokeExact(descriptor, 0L, bytes);
    } catch (Throwable t) {
      throw new IllegalStateException("posix_fallocate takes these arguments.", t);
    }
  }

  private static int call(MethodHandle function, int first, int second) {
    try {
      return (int) function.invokeExact(first, second);
    } catch (Throwable t) {
      throw new IllegalStateException("The function takes these arguments.", t);
    }
  }

  /** Part of the file as memory. */
  MemorySegment map(long offset, long bytes, Arena owner) {
    try {
      return channel.map(FileChannel.MapMode.READ_WRITE, offset, bytes, owner);
    } catch (IOException e) {
      throw new BackingFileException(
          "The backing file cannot be mapped: " + FileProblem.of(e) + ".", e);
    }
  }

  /** Whether the file still has the byte at an offset, and its disk gives it. */
  boolean isReadable(long offset) {
    try {
      return channel.read(ByteBuffer.allocate(1), offset) == 1;
    } catch (IOException e) {
      return false;
    }
  }

  private static void close(int descriptor) {
    try {
      var _ = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable t) {
      throw new IllegalStateException("close takes this argument.", t);
    }
  }

  /** Also removes the file, if it was made for the guest, which came to nothing. */
  void abandon() {
    close();
    try {
      if (made != null) {
        Files.deleteIfExists(made);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The backing file cannot be removed.", e);
    }
  }

  /** Lets another guest have the file. */
  @Override
  public void close() {
    close(descriptor);
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("The backing file cannot be closed.", e);
    }
  }
}
