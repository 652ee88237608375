package io.pageferry.unixsocket;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A process of this host, which keeps its identity when its number is given to another one. Any
 * thread; its owner closes it.
 */
public final class LocalProcess implements AutoCloseable {
  private static final int SIGKILL = 9;

  /** Of the words behind the program's name in {@code /proc/PID/stat}: when it started. */
  private static final int START_TIME_WORD = 19;

  private final int pid;
  private final LocalDescriptor descriptor;

  private LocalProcess(int pid, LocalDescriptor descriptor) {
    this.pid = pid;
    this.descriptor = descriptor;
  }

  /**
   * The process that has this number now.
   *
   * @throws IOException if there is none
   */
  public static LocalProcess of(int pid) throws IOException {
    return new LocalProcess(pid, new LocalDescriptor(LinuxSockets.openProcess(pid)));
  }

  /** Its number. */
  public int pid() {
    return pid;
  }

  /** When it started, in the kernel's ticks: with the number, a name that nobody else ever has. */
  public long startTicks() throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(words[START_TIME_WORD]);
  }

  /** A descriptor that is readable once the process has ended; it stays this object's. */
  public int descriptor() {
    return descriptor.number();
  }

  /** Whether it has ended. */
  public boolean hasEnded() throws IOException {
    return LinuxSockets.isReadable(descriptor.number(), 0);
  }

  /** Ends it at once. No effect once it has ended. */
  public void kill() throws IOException {
    try {
      LinuxSockets.signalProcess(descriptor.number(), SIGKILL);
    } catch (SystemCallException e) {
      if (e.number() != LinuxSockets.ESRCH) {
        throw e;
      }
    }
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
