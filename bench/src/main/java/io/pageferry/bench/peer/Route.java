package io.pageferry.bench.peer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the two ends of a native program are.
 *
 * @param prefix a command in front of the program's own, for instance {@code ip netns exec NAME}
 * @param options what tells the program where its server is
 */
public record Route(List<String> prefix, List<String> options) {
  /** Copies its parts. */
  public Route {
    prefix = List.copyOf(prefix);
    options = List.copyOf(options);
  }

  /** Both ends on loopback; the program brings its own server. */
  public static Route loopback() {
    return new Route(List.of(), List.of());
  }

  /**
   * Both ends on loopback, with a forwarder between them that somebody else runs.
   *
   * @param listenPort where the program's server listens, and the forwarder connects to
   * @param forwardedPort where the forwarder listens
   */
  public static Route forwarded(int listenPort, int forwardedPort) {
    return new Route(
        List.of(),
        List.of(
            "--listen",
            Integer.toString(listenPort),
            "--forwarded",
            Integer.toString(forwardedPort)));
  }

  /**
   * To a {@link PeerServer} that runs.
   *
   * @param prefix in front of the client's command
   * @param host its IPv4 address, seen from the client
   */
  public static Route to(List<String> prefix, String host, int port) {
    return new Route(prefix, List.of("--host", host, "--port", Integer.toString(port)));
  }

  /** The command line of a program on this route. */
  List<String> command(Path program, List<String> programOptions) {
    List<String> command = new ArrayList<>(prefix);
    command.add(program.toString());
    command.addAll(programOptions);
    command.addAll(options);
    return command;
  }
}
