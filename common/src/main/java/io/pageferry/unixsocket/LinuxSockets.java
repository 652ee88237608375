package io.pageferry.unixsocket;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The system calls of Unix sockets and process descriptors. Stateless; any thread. A call that
 * fails throws an {@link IOException} with the error number.
 */
final class LinuxSockets {
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int ESRCH = 3;

  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_PEERCRED = 17;
  private static final int BACKLOG = 64;
  private static final int PATH_BYTES = 108;
  private static final short READABLE = 1;

  // System calls have the same numbers on all processors since Linux 5.
  private static final long PIDFD_SEND_SIGNAL = 424;
  private static final long PIDFD_OPEN = 434;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
  private static final MemoryLayout ERROR_LAYOUT = Linker.Option.captureStateLayout();
  private static final VarHandle ERROR =
      ERROR_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle SOCKET =
      handle("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final FunctionDescriptor NAMED =
      FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle BIND = handle("bind", NAMED);
  private static final MethodHandle CONNECT = handle("connect", NAMED);
  private static final MethodHandle LISTEN =
      handle("listen", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle ACCEPT =
      handle("accept4", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
  private static final MethodHandle GET_OPTION =
      handle(
          "getsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final FunctionDescriptor MESSAGE =
      FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle RECEIVE = handle("recvmsg", MESSAGE);
  private static final MethodHandle SEND = handle("sendmsg", MESSAGE);
  private static final MethodHandle POLL =
      handle("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle CLOSE =
      handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle CONTROL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("fcntl"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
          CAPTURE,
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle SYSTEM_CALL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("syscall"),
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT),
          CAPTURE,
          Linker.Option.firstVariadicArg(1));

  private LinuxSockets() {}

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    // Safe: the descriptors are those of the C library's functions of the same name.
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, CAPTURE);
  }

  /** One call; gets a segment for its error number, and room for what it needs. */
  private interface Call {
    long make(MemorySegment error, Arena arena) throws Throwable;
  }

  private static long call(String what, Call call) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment error = arena.allocate(ERROR_LAYOUT);
      while (true) {
        // Safe, all of them: segments live as long as the call, and have the sizes they are said to
        // have; descriptors are the caller's.
        long result = call.make(error, arena);
        if (result >= 0) {
          return result;
        }
        int number = (int) ERROR.get(error, 0L);
        if (number != EINTR) {
          throw new SystemCallException(what, number);
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }

  static int socket() throws IOException {
    return (int)
        call(
            "socket",
            (error, _) -> (int) SOCKET.invokeExact(error, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }

  private static MemorySegment address(Path path, Arena arena) throws IOException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    if (name.length >= PATH_BYTES) {
      throw new IOException(
          "The path of the socket has %d bytes; at most %d are possible."
              .formatted(name.length, PATH_BYTES - 1));
    }
    MemorySegment address = arena.allocate(2 + PATH_BYTES, 8);
    address.set(JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(name, 0, address, JAVA_BYTE, 2, name.length);
    return address;
  }

  static void bind(int socket, Path path) throws IOException {
    call(
        "bind",
        (error, arena) ->
            (int) BIND.invokeExact(error, socket, address(path, arena), 2 + PATH_BYTES));
  }

  static void connect(int socket, Path path) throws IOException {
    call(
        "connect",
        (error, arena) ->
            (int) CONNECT.invokeExact(error, socket, address(path, arena), 2 + PATH_BYTES));
  }

  static void listen(int socket) throws IOException {
    call("listen", (error, _) -> (int) LISTEN.invokeExact(error, socket, BACKLOG));
  }

  static int accept(int socket) throws IOException {
    return (int)
        call(
            "accept",
            (error, _) ->
                (int)
                    ACCEPT.invokeExact(
                        error, socket, MemorySegment.NULL, MemorySegment.NULL, SOCK_CLOEXEC));
  }

  /** Process, user and group of who connected. */
  static int[] peer(int socket) throws IOException {
    int[] peer = new int[3];
    call(
        "getsockopt",
        (error, arena) -> {
          MemorySegment credentials = arena.allocate(12, 4);
          MemorySegment length = arena.allocateFrom(JAVA_INT, 12);
          int result =
              (int)
                  GET_OPTION.invokeExact(
                      error, socket, SOL_SOCKET, SO_PEERCRED, credentials, length);
          for (int i = 0; i < peer.length; i++) {
            peer[i] = credentials.getAtIndex(JAVA_INT, i);
          }
          return result;
        });
    return peer;
  }

  static long receive(int socket, MemorySegment message, int flags) throws IOException {
    return call("recvmsg", (error, _) -> (long) RECEIVE.invokeExact(error, socket, message, flags));
  }

  static long send(int socket, MemorySegment message, int flags) throws IOException {
    return call("sendmsg", (error, _) -> (long) SEND.invokeExact(error, socket, message, flags));
  }

  /** Whether there is something to read within that time; -1 waits for ever. */
  static boolean isReadable(int descriptor, int timeoutMillis) throws IOException {
    return call(
            "poll",
            (error, arena) -> {
              MemorySegment polled = arena.allocate(8, 8);
              polled.set(JAVA_INT, 0, descriptor);
              polled.set(JAVA_SHORT, 4, READABLE);
              return (int) POLL.invokeExact(error, polled, 1L, timeoutMillis);
            })
        > 0;
  }

  static int control(int descriptor, int command, int argument) throws IOException {
    return (int)
        call(
            "fcntl", (error, _) -> (int) CONTROL.invokeExact(error, descriptor, command, argument));
  }

  static int openProcess(int pid) throws IOException {
    return (int)
        call(
            "pidfd_open",
            (error, _) ->
                (long) SYSTEM_CALL.invokeExact(error, PIDFD_OPEN, pid, 0, MemorySegment.NULL, 0));
  }

  static void signalProcess(int process, int signal) throws IOException {
    call(
        "pidfd_send_signal",
        (error, _) ->
            (long)
                SYSTEM_CALL.invokeExact(
                    error, PIDFD_SEND_SIGNAL, process, signal, MemorySegment.NULL, 0));
  }

  static void close(int descriptor) {
    try {
      call("close", (error, _) -> (int) CLOSE.invokeExact(error, descriptor));
    } catch (IOException _) {
      // It is closed even then.
    }
  }
}
