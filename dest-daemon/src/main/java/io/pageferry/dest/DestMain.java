package io.pageferry.dest;

import io.pageferry.config.HostPort;
import io.pageferry.config.cli.CommandRunner;
import io.pageferry.daemon.DaemonProcess;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The destination daemon's command line. */
@Command(
    name = "ferry dest",
    description =
        "Runs the destination daemon: takes a guest over and fetches its pages on demand.",
    version = "PageFerry 0.1.0")
public final class DestMain implements Callable<Integer> {
  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:7402",
      description = "Address of the admin and migration services.")
  private HostPort listen = new HostPort("127.0.0.1", 7402);

  @Option(
      names = "--metrics-listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9402",
      description = "Address of /metrics, /livez and /readyz.")
  private HostPort metricsListen = new HostPort("127.0.0.1", 9402);

  @Option(
      names = "--max-vcpus",
      paramLabel = "COUNT",
      defaultValue = "64",
      description = "Most vCPUs that a guest may have here, 1 to 64.")
  private int maxVcpus = 64;

  @Option(
      names = "--prefetch",
      paramLabel = "POLICY",
      defaultValue = "adaptive",
      description = "Pages fetched ahead of need: ${COMPLETION-CANDIDATES}.")
  private PrefetchPolicy.Kind prefetch = PrefetchPolicy.Kind.adaptive;

  @Option(
      names = "--rehearsal",
      paramLabel = "DURATION",
      defaultValue = "2s",
      description = "How long to rehearse a migration after the start; 0s for not at all.")
  private Duration rehearsal = Duration.ofSeconds(2);

  @Option(
      names = "--shutdown-grace",
      paramLabel = "DURATION",
      defaultValue = "20s",
      description = "How long to finish a migration when told to end; 0s for not at all.")
  private Duration shutdownGrace = Duration.ofSeconds(20);

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
    DestConfig config = new DestConfig(listen, metricsListen, maxVcpus, prefetch, rehearsal);
    return DaemonProcess.run("destination", () -> new DestDaemon(config), shutdownGrace);
  }
}
