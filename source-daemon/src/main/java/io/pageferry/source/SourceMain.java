package io.pageferry.source;

import io.pageferry.config.DataSize;
import io.pageferry.config.HostPort;
import io.pageferry.config.cli.CommandRunner;
import io.pageferry.daemon.DaemonProcess;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The source daemon's command line. */
@Command(
    name = "ferry source",
    description = "Runs the source daemon: holds a guest, and hands it over to a destination.",
    version = "PageFerry 0.1.0")
public final class SourceMain implements Callable<Integer> {
  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:7401",
      description = "Address of the admin and page services.")
  private HostPort listen = new HostPort("127.0.0.1", 7401);

  @Option(
      names = "--metrics-listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9401",
      description = "Address of /metrics, /livez and /readyz.")
  private HostPort metricsListen = new HostPort("127.0.0.1", 9401);

  @Option(
      names = "--advertise",
      paramLabel = "HOST:PORT",
      description = "Address of the page service as destinations reach it; by default --listen.")
  private @Nullable HostPort advertise;

  @Option(
      names = "--max-bytes-in-flight",
      paramLabel = "SIZE",
      defaultValue = "8MiB",
      description = "Cap on page bytes sent and not acknowledged.")
  private DataSize maxBytesInFlight = DataSize.ofMebibytes(8);

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

  private SourceMain() {}

  /** Runs until the process is told to end. */
  public static void main(String[] args) {
    // Numbers as the documentation writes them, whatever the user's language.
    Locale.setDefault(Locale.ROOT);
    System.exit(runner().run(args));
  }

  private static CommandRunner runner() {
    return new CommandRunner(new SourceMain(), DaemonProcess::exitCode);
  }

  /** The command line, for whoever describes it. */
  public static CommandLine commandLine() {
    return runner().commandLine();
  }

  @Override
  public Integer call() throws InterruptedException {
    SourceConfig config =
        new SourceConfig(listen, metricsListen, advertise, maxBytesInFlight, rehearsal);
    return DaemonProcess.run("source", () -> new SourceDaemon(config), shutdownGrace);
  }
}
