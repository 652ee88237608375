package io.pageferry.node.image;

import io.pageferry.config.HostPort;
import io.pageferry.config.cli.CommandRunner;
import io.pageferry.daemon.process.DaemonProcess;
import io.pageferry.dest.pager.PagerConfig;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of a pager, which restores an image in the processes of other hypervisors. */
@Command(
    name = "ferry image restore",
    description =
        "Restores a memory image lazily in other processes, which hand their userfaultfd over on a"
            + " Unix socket, as Firecracker does.",
    version = "PageFerry 0.1.0")
public final class ImageRestoreMain implements Callable<Integer> {
  @Option(
      names = "--from",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:7403",
      description = "Where the image is served.")
  private HostPort from = new HostPort("127.0.0.1", 7403);

  @Option(
      names = "--image",
      paramLabel = "NAME",
      defaultValue = "",
      description = "The image's name (default: the only one that is served).")
  private String image = "";

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      required = true,
      description = "The Unix socket on which memory is handed over.")
  private Path socket = Path.of("");

  @Option(
      names = "--allow-uid",
      paramLabel = "UID",
      split = ",",
      description = "Users whose processes may hand over, besides this one and root.")
  private List<Integer> allowed = List.of();

  @Option(
      names = "--prefetch",
      paramLabel = "POLICY",
      defaultValue = "adaptive",
      description = "What is fetched ahead of need: none, around, trend, adaptive.")
  private PrefetchPolicy.Kind prefetch = PrefetchPolicy.Kind.adaptive;

  @Option(
      names = "--drain-after",
      paramLabel = "DURATION",
      defaultValue = "0s",
      description = "How long after a hand-over the drain starts.")
  private Duration drainAfter = Duration.ZERO;

  @Option(
      names = "--max-restores",
      paramLabel = "COUNT",
      defaultValue = "16",
      description = "Most processes whose pages are missing at a time.")
  private int maxRestores = 16;

  @Option(
      names = "--rehearsal",
      paramLabel = "DURATION",
      defaultValue = "2s",
      description = "How long to warm up before listening; 0s for not at all.")
  private Duration rehearsal = Duration.ofSeconds(2);

  @Option(
      names = "--guardian",
      paramLabel = "DURATION",
      defaultValue = "30s",
      description =
          "How long processes wait for another pager when this one is killed, before they are"
              + " ended; a process of its own keeps their descriptors meanwhile. 0s: without it.")
  private Duration guardian = Duration.ofSeconds(30);

  @Option(
      names = "--metrics-listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9404",
      description = "Address of /metrics, /livez and /readyz.")
  private HostPort metricsListen = new HostPort("127.0.0.1", 9404);

  @Option(
      names = "--shutdown-grace",
      paramLabel = "DURATION",
      defaultValue = "20s",
      description = "How long to finish restorations when told to end; 0s for not at all.")
  private Duration shutdownGrace = Duration.ofSeconds(20);

  private ImageRestoreMain() {}

  /** Runs until the process is told to end. */
  public static void main(String[] args) {
    // Numbers as the documentation writes them, whatever the user's language.
    Locale.setDefault(Locale.ROOT);
    System.exit(runner().run(args));
  }

  private static CommandRunner runner() {
    return new CommandRunner(new ImageRestoreMain(), DaemonProcess::exitCode);
  }

  /** The command line, for whoever describes it. */
  public static CommandLine commandLine() {
    return runner().commandLine();
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Set<Integer> users = new HashSet<>(allowed);
    users.add(ImageGuardMain.user());
    List<String> guard =
        guardian.isZero() ? List.of() : ImageGuardMain.command(socket.toAbsolutePath(), guardian);
    PagerConfig config =
        new PagerConfig(
            from, image, socket, users, prefetch, drainAfter, maxRestores, rehearsal, guard);
    return DaemonProcess.run(
        "pager", () -> new ImagePagerDaemon(config, metricsListen), shutdownGrace);
  }
}
