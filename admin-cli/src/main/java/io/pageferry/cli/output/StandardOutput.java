package io.pageferry.cli.output;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whether what a command prints still reaches anybody. Java ignores SIGPIPE, and its streams say
 * nothing of failed writes, so that a command that goes on has to ask. Stateless; any thread.
 */
public final class StandardOutput {
  private static final int DESCRIPTOR = 1;
  private static final int POLLERR = 0x8;
  private static final int POLLHUP = 0x10;
  private static final int POLLNVAL = 0x20;
  private static final int ACCESS_MODE = 3;
  private static final int READ_ONLY = 0;

  private static final @Nullable MethodHandle POLL = poll();

  /**
   * Whether the process was started without a standard output: the first file that Java opens, to
   * read classes from, then has its number.
   */
  private static final boolean NOT_FOR_WRITING = isNotForWriting();

  private StandardOutput() {}

  private static boolean isNotForWriting() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/fdinfo/" + DESCRIPTOR))) {
      return lines
          .filter(line -> line.startsWith("flags:"))
          .map(line -> line.substring("flags:".length()).strip())
          .anyMatch(octal -> (Integer.parseInt(octal, 8) & ACCESS_MODE) == READ_ONLY);
    } catch (IOException | UncheckedIOException | NumberFormatException _) {
      return false;
    }
  }

  /**
   * Nothing while somebody may read.
   *
   * @throws FerryException OUTPUT_CLOSED if the reader of a pipe has gone, ENVIRONMENT if writing
   *     failed otherwise
   */
  public static void requireOpen() {
    failure()
        .ifPresent(failure -> {
          throw failure;
        });
  }

  /** What to end with if what was printed did not arrive, or would not. */
  public static Optional<FerryException> failure() {
    int events = events();
    if ((events & (POLLERR | POLLHUP)) != 0) {
      return Optional.of(
          new FerryException(
              ExitCode.OUTPUT_CLOSED,
              "Nobody reads the output any more; what runs at the daemons goes on."));
    }
    if ((events & POLLNVAL) != 0 || NOT_FOR_WRITING || System.out.checkError()) {
      return Optional.of(
          new FerryException(
              ExitCode.ENVIRONMENT,
              "The output could not be written, because standard output is closed or its disk is"
                  + " full; what runs at the daemons goes on."));
    }
    return Optional.empty();
  }

  private static int events() {
    if (POLL == null) {
      return 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      // struct pollfd: an int and two shorts, the second of which is the answer.
      MemorySegment asked = arena.allocate(8, 4);
      asked.set(JAVA_INT, 0, DESCRIPTOR);
      // Safe: one structure is given, and there is nothing to wait for.
      int found = (int) POLL.invokeExact(asked, 1L, 0);
      return found > 0 ? asked.get(JAVA_SHORT, 6) : 0;
    } catch (Throwable e) {
      throw new IllegalStateException("poll takes these arguments on every supported system.", e);
    }
  }

  private static @Nullable MethodHandle poll() {
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find("poll")
        .map(address ->
            linker.downcallHandle(
                address, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT)))
        .orElse(null);
  }
}
