package io.pageferry.cli.local;

import java.util.List;

/**
 * How a daemon is started.
 *
 * @param host address that it listens on
 * @param prefix what precedes its command, for instance one that enters a network namespace
 * @param arguments further arguments of the daemon
 * @param javaOptions further options of its JVM, separated by spaces; empty for none
 */
public record DaemonLaunch(
    String host, List<String> prefix, List<String> arguments, String javaOptions) {
  /** On loopback, with the daemon's defaults. */
  public static final DaemonLaunch LOOPBACK =
      new DaemonLaunch("127.0.0.1", List.of(), List.of(), "");

  /** Copies the lists. */
  public DaemonLaunch {
    prefix = List.copyOf(prefix);
    arguments = List.copyOf(arguments);
  }
}
