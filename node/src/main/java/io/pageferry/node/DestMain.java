package io.pageferry.node;

import io.pageferry.config.HostPort;
import io.pageferry.config.cli.CommandRunner;
import io.pageferry.daemon.process.DaemonProcess;
import io.pageferry.proto.v1.Role;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command line of a daemon of the destination's role. */
@Command(
    name = "ferry dest",
    description = "Runs a destination daemon: takes guests over and fetches their pages on demand.",
    version = "PageFerry 0.1.0")
public final class DestMain implements Callable<Integer> {
  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:7402",
      description = "Address of all gRPC services.")
  private HostPort listen = new HostPort("127.0.0.1", 7402);

  @Option(
      names = "--metrics-listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9402",
      description = "Address of /metrics, /livez and /readyz.")
  private HostPort metricsListen = new HostPort("127.0.0.1", 9402);

  @Mixin private DaemonOptions daemon = new DaemonOptions();
  @Mixin private DestOptions destination = new DestOptions();

  private DestMain() {}

  /** Runs until the process is told to end. */
  public static void main(String[] args) {
    // Numbers as the documentation writes them, whatever the user's language.
    Locale.setDefault(Locale.ROOT);
    System.exit(runner().run(args));
  }

  private static CommandRunner runner() {
    return new CommandRunner(new DestMain(), DaemonProcess::exitCode);
  }

  /** The command line, for whoever describes it. */
  public static CommandLine commandLine() {
    return runner().commandLine();
  }

  @Override
  public Integer call() throws InterruptedException {
    NodeConfig config =
        daemon.config(
            Role.ROLE_DESTINATION, listen, metricsListen, new SourceOptions(), destination);
    return DaemonProcess.run(config.name(), () -> new NodeDaemon(config), daemon.grace());
  }
}
