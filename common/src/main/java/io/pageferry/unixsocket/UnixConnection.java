package io.pageferry.unixsocket;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One connection. One thread at a time; its owner closes it. */
public final class UnixConnection implements AutoCloseable {
  /**
   * Who connected, as the kernel noted it then.
   *
   * @param pid process
   * @param uid user
   * @param gid group
   */
  public record Peer(int pid, int uid, int gid) {}

  /**
   * What came at once.
   *
   * @param bytes none at the end of the stream
   * @param descriptors open files that came along, which are the caller's
   */
  public record Received(ByteBuffer bytes, List<LocalDescriptor> descriptors) {}

  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_CMSG_CLOEXEC = 0x4000_0000;

  // struct msghdr: name, its length, parts, their number, control data, its length, flags.
  private static final long MESSAGE_BYTES = 56;
  private static final long PARTS = 16;
  private static final long PART_COUNT = 24;
  private static final long CONTROL = 32;
  private static final long CONTROL_LENGTH = 40;

  // struct cmsghdr: length, level, type; then data.
  private static final long HEADER_BYTES = 16;
  private static final int MOST_DESCRIPTORS = 16;

  private final LocalDescriptor socket;

  UnixConnection(int socket) {
    this.socket = new LocalDescriptor(socket);
  }

  /**
   * Connects to who listens at a path.
   *
   * @throws IOException if nobody does
   */
  public static UnixConnection to(Path path) throws IOException {
    UnixConnection connection = new UnixConnection(LinuxSockets.socket());
    try {
      LinuxSockets.connect(connection.socket.number(), path);
      return connection;
    } catch (IOException e) {
      connection.close();
      throw e;
    }
  }

  /** Who is at the other end. */
  public Peer peer() throws IOException {
    int[] peer = LinuxSockets.peer(socket.number());
    return new Peer(peer[0], peer[1], peer[2]);
  }

  /** Whether something can be received, or the stream has ended, within that time. */
  public boolean isReadable(int timeoutMillis) throws IOException {
    return LinuxSockets.isReadable(socket.number(), timeoutMillis);
  }

  /** The number of the socket, to be watched; it stays this object's. */
  public int descriptor() {
    return socket.number();
  }

  /** Waits for bytes, and takes at most so many, with the open files that came along. */
  public Received receive(int most) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(most);
      MemorySegment control =
          arena.allocate(HEADER_BYTES + MOST_DESCRIPTORS * (long) Integer.BYTES, 8);
      MemorySegment message = message(arena, data, control);
      int count = (int) LinuxSockets.receive(socket.number(), message, MSG_CMSG_CLOEXEC);
      ByteBuffer bytes = ByteBuffer.wrap(data.asSlice(0, count).toArray(JAVA_BYTE));
      return new Received(bytes, descriptors(control, message.get(JAVA_LONG, CONTROL_LENGTH)));
    }
  }

  private static MemorySegment message(Arena arena, MemorySegment data, MemorySegment control) {
    MemorySegment part = arena.allocate(16, 8);
    part.set(ADDRESS, 0, data);
    part.set(JAVA_LONG, 8, data.byteSize());
    MemorySegment message = arena.allocate(MESSAGE_BYTES, 8);
    message.set(ADDRESS, PARTS, part);
    message.set(JAVA_LONG, PART_COUNT, 1);
    if (control.byteSize() > 0) {
      message.set(ADDRESS, CONTROL, control);
      message.set(JAVA_LONG, CONTROL_LENGTH, control.byteSize());
    }
    return message;
  }

  /** Takes every descriptor that came, so that none stays open without an owner. */
  private static List<LocalDescriptor> descriptors(MemorySegment control, long controlBytes) {
    List<LocalDescriptor> found = new ArrayList<>();
    long at = 0;
    while (at + HEADER_BYTES <= controlBytes) {
      long length = control.get(JAVA_LONG, at);
      if (length < HEADER_BYTES || length > controlBytes - at) {
        break;
      }
      if (control.get(JAVA_INT, at + 8) == SOL_SOCKET
          && control.get(JAVA_INT, at + 12) == SCM_RIGHTS) {
        for (long d = at + HEADER_BYTES; d + Integer.BYTES <= at + length; d += Integer.BYTES) {
          found.add(new LocalDescriptor(control.get(JAVA_INT, d)));
        }
      }
      at += (length + 7) & -8;
    }
    return found;
  }

  /** Sends bytes. */
  public void send(byte[] bytes) throws IOException {
    send(bytes, List.of());
  }

  /** Sends at least one byte, and open files with the first. The files stay the caller's. */
  public void send(byte[] bytes, List<Integer> descriptors) throws IOException {
    int sent = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocateFrom(JAVA_BYTE, bytes);
      MemorySegment control = rights(arena, descriptors);
      while (sent < bytes.length) {
        MemorySegment part = sent == 0 ? control : MemorySegment.NULL;
        MemorySegment message = message(arena, data.asSlice(sent), part);
        sent += (int) LinuxSockets.send(socket.number(), message, MSG_NOSIGNAL);
      }
    }
  }

  private static MemorySegment rights(Arena arena, List<Integer> descriptors) {
    if (descriptors.isEmpty()) {
      return MemorySegment.NULL;
    }
    long length = HEADER_BYTES + descriptors.size() * (long) Integer.BYTES;
    MemorySegment control = arena.allocate((length + 7) & -8, 8);
    control.set(JAVA_LONG, 0, length);
    control.set(JAVA_INT, 8, SOL_SOCKET);
    control.set(JAVA_INT, 12, SCM_RIGHTS);
    for (int i = 0; i < descriptors.size(); i++) {
      control.set(JAVA_INT, HEADER_BYTES + i * (long) Integer.BYTES, descriptors.get(i));
    }
    return control;
  }

  /** Sends a line to a peer that may read it, or be gone, and is not waited for. */
  public void answer(String line) {
    try (Arena arena = Arena.ofConfined()) {
      byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
      MemorySegment message =
          message(arena, arena.allocateFrom(JAVA_BYTE, bytes), MemorySegment.NULL);
      var _ = LinuxSockets.send(socket.number(), message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } catch (IOException _) {
      // It does not want to know.
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
