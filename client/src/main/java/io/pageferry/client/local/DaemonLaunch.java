package io.pageferry.client.local;

import java.util.ArrayList;
import java.util.List;

/**
 * How a daemon is started.
 *
 * @param host address that it listens on
 * @param port port of its services; 0 for one that is free
 * @param prefix what precedes its command, for instance one that enters a network namespace
 * @param arguments further arguments of the daemon
 * @param javaOptions further options of its JVM, separated by spaces; empty for none
 */
public record DaemonLaunch(
    String host, int port, List<String> prefix, List<String> arguments, String javaOptions) {
  /** On loopback, with the daemon's defaults. */
  public static final DaemonLaunch LOOPBACK =
      new DaemonLaunch("127.0.0.1", 0, List.of(), List.of(), "");

  /** Copies the lists. */
  public DaemonLaunch {
    prefix = List.copyOf(prefix);
    arguments = List.copyOf(arguments);
  }

  /** The same with further options of the JVM. */
  public DaemonLaunch withJavaOptions(String more) {
    return new DaemonLaunch(host, port, prefix, arguments, (javaOptions + " " + more).strip());
  }

  /** The same on a port, with further arguments of the daemon. */
  public DaemonLaunch with(int chosenPort, List<String> more) {
    List<String> all = new ArrayList<>(arguments);
    all.addAll(more);
    return new DaemonLaunch(host, chosenPort, prefix, all, javaOptions);
  }
}
