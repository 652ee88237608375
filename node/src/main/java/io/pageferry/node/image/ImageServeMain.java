package io.pageferry.node.image;

import io.pageferry.config.DataSize;
import io.pageferry.config.HostPort;
import io.pageferry.config.cli.CommandRunner;
import io.pageferry.daemon.process.DaemonProcess;
import io.pageferry.memory.BackingFileException;
import io.pageferry.memory.ImageSlot;
import io.pageferry.source.SourceConfig;
import io.pageferry.source.served.ServedImage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command line of a source that serves a memory image without a machine. */
@Command(
    name = "ferry image serve",
    description =
        "Serves a raw memory snapshot, which pagers restore lazily; zero pages never travel.",
    version = "PageFerry 0.1.0")
public final class ImageServeMain implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "The snapshot: the bytes of all pages.")
  private Path file = Path.of("");

  @Option(
      names = "--slots",
      paramLabel = "ID:ADDRESS:SIZE@OFFSET,...",
      description = "Where memory slots are in the file (default: one slot, the whole file).")
  private @Nullable String slots;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "What pagers call the image (default: the file's name).")
  private @Nullable String name;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:7403",
      description = "Address of all gRPC services.")
  private HostPort listen = new HostPort("127.0.0.1", 7403);

  @Option(
      names = "--metrics-listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9403",
      description = "Address of /metrics, /livez and /readyz.")
  private HostPort metricsListen = new HostPort("127.0.0.1", 9403);

  @Option(
      names = "--max-bytes-in-flight",
      paramLabel = "SIZE",
      defaultValue = "8MiB",
      description = "Cap on page bytes of a delivery sent and not acknowledged.")
  private DataSize maxBytesInFlight = SourceConfig.DEFAULT.maxBytesInFlight();

  @Option(
      names = "--max-drain-bandwidth",
      paramLabel = "SIZE",
      description = "Most bytes a second that all drains send together (default: no limit).")
  private DataSize maxDrainBandwidth = SourceConfig.DEFAULT.maxDrainBandwidth();

  @Option(
      names = "--shutdown-grace",
      paramLabel = "DURATION",
      defaultValue = "20s",
      description = "How long to finish deliveries when told to end; 0s for not at all.")
  private Duration shutdownGrace = Duration.ofSeconds(20);

  private ImageServeMain() {}

  /** Runs until the process is told to end. */
  public static void main(String[] args) {
    // Numbers as the documentation writes them, whatever the user's language.
    Locale.setDefault(Locale.ROOT);
    System.exit(runner().run(args));
  }

  private static CommandRunner runner() {
    return new CommandRunner(new ImageServeMain(), DaemonProcess::exitCode);
  }

  /** The command line, for whoever describes it. */
  public static CommandLine commandLine() {
    return runner().commandLine();
  }

  @Override
  public Integer call() throws InterruptedException {
    SourceConfig config = new SourceConfig(maxBytesInFlight, maxDrainBandwidth);
    List<ImageSlot> given = slots == null ? List.of() : SlotNotation.parse(slots);
    ServedImage image = open(given);
    return DaemonProcess.run(
        "image", () -> new ImageSourceDaemon(image, config, listen, metricsListen), shutdownGrace);
  }

  private ServedImage open(List<ImageSlot> given) {
    Path fileName = file.getFileName();
    String called = name == null ? String.valueOf(fileName) : name;
    try {
      return ServedImage.open(called, file, given);
    } catch (BackingFileException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }
}
