package io.pageferry.unixsocket;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Listens at a path. One thread accepts; its owner closes it after that, which removes the socket.
 */
public final class UnixListener implements AutoCloseable {
  private final Path path;
  private final LocalDescriptor socket;

  private UnixListener(Path path, LocalDescriptor socket) {
    this.path = path;
    this.socket = socket;
  }

  /**
   * Listens. A socket that a process left behind which has ended is replaced.
   *
   * @param permissions who may connect, such as {@code rw-------}
   * @throws IOException if somebody listens there already, or the socket cannot be made
   */
  public static UnixListener at(Path path, String permissions) throws IOException {
    if (Files.exists(path)) {
      requireStale(path);
      Files.delete(path);
    }
    LocalDescriptor socket = new LocalDescriptor(LinuxSockets.socket());
    try {
      LinuxSockets.bind(socket.number(), path);
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
      LinuxSockets.listen(socket.number());
      return new UnixListener(path, socket);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static void requireStale(Path path) throws IOException {
    if (Files.isRegularFile(path) || Files.isDirectory(path)) {
      throw new IOException(path + " exists, and is not a socket");
    }
    try (UnixConnection _ = UnixConnection.to(path)) {
      throw new IOException("another process listens at " + path);
    } catch (SystemCallException _) {
      // Nobody does.
    }
  }

  /** The next connection; null if none comes within that time. */
  public @Nullable UnixConnection accept(int timeoutMillis) throws IOException {
    if (!LinuxSockets.isReadable(socket.number(), timeoutMillis)) {
      return null;
    }
    return new UnixConnection(LinuxSockets.accept(socket.number()));
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(path);
    } catch (IOException _) {
      // Who comes next finds that nobody listens, and replaces it.
    }
    socket.close();
  }
}
