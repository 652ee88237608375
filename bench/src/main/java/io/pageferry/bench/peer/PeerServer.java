package io.pageferry.bench.peer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.pageferry.bench.process.BoundedProcess;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The server of a {@link Pager}, {@link Stream} or {@link PingPong}, in a process of its own, for
 * ends in different network namespaces. Serves any number of clients. Closed by whoever started it;
 * it also ends with the process that started it.
 */
public final class PeerServer implements AutoCloseable {
  private final Process process;

  private PeerServer(Process process) {
    this.process = process;
  }

  /**
   * Starts one that listens.
   *
   * @param prefix in front of its command, for instance {@code ip netns exec NAME}
   */
  static PeerServer start(List<String> prefix, Path program, List<String> options, int port) {
    List<String> command = new ArrayList<>(prefix);
    command.add(program.toString());
    command.addAll(options);
    command.addAll(List.of("--server", "--port", Integer.toString(port)));
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw BoundedProcess.cannotRun(command, e);
    }
    PeerServer server = new PeerServer(process);
    server.requireListening(command);
    return server;
  }

  private void requireListening(List<String> command) {
    String line;
    try {
      line = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8)).readLine();
    } catch (IOException e) {
      line = e.getMessage();
    }
    if (!"listening".equals(line)) {
      close();
      throw new FerryException(
          ExitCode.ENVIRONMENT,
          "%s does not listen: %s".formatted(String.join(" ", command), line));
    }
  }

  @Override
  public void close() {
    BoundedProcess.end(process);
  }
}
