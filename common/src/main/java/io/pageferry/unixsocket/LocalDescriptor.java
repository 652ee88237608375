package io.pageferry.unixsocket;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open file that this process was given by another. Any thread; its owner closes it once, or
 * gives it to who does.
 */
public final class LocalDescriptor implements AutoCloseable {
  private static final int GET_FLAGS = 3;
  private static final int SET_FLAGS = 4;
  private static final int DUPLICATE = 1030;
  private static final int NON_BLOCKING = 0x800;

  private final int number;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Owns the descriptor with this number from now on. */
  public LocalDescriptor(int number) {
    this.number = number;
  }

  /** Another descriptor of an open file of this process, whose own stays its owner's. */
  public static LocalDescriptor duplicateOf(int descriptor) throws IOException {
    return new LocalDescriptor(LinuxSockets.control(descriptor, DUPLICATE, 0));
  }

  /** Its number. */
  public int number() {
    return number;
  }

  /** What the kernel calls the file, such as {@code anon_inode:[userfaultfd]}. */
  public String kind() throws IOException {
    return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number)).toString();
  }

  /** What the kernel tells of the file, in lines. */
  public String details() throws IOException {
    return Files.readString(Path.of("/proc/self/fdinfo/" + number));
  }

  /** Reads that find nothing return at once from now on, for everybody who has the file. */
  public void makeNonBlocking() throws IOException {
    int flags = LinuxSockets.control(number, GET_FLAGS, 0);
    var _ = LinuxSockets.control(number, SET_FLAGS, flags | NON_BLOCKING);
  }

  /** Somebody else owns the descriptor from now on. */
  public int release() {
    closed.set(true);
    return number;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      LinuxSockets.close(number);
    }
  }
}
