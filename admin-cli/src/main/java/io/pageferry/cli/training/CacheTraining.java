package io.pageferry.cli.training;

import io.pageferry.cli.Ferry;
import io.pageferry.client.FerryException;
import io.pageferry.client.local.DaemonProcess;
import io.pageferry.client.local.LocalDaemons;
import io.pageferry.config.cli.ExitCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * What the caches of ahead-of-time work are trained with: a pair of daemons, to which the command
 * line does what users do with it. All three processes are of the kind that will use the caches,
 * and end by themselves, so that their JVMs write them. One thread, once.
 *
 * <p>The launcher tells the JVMs where the caches go.
 */
public final class CacheTraining {
  /** A training takes about a minute; a guest that does not get on must not hold it up for ever. */
  private static final Duration LIMIT = Duration.ofMinutes(10);

  /** A JVM that ends also makes its cache. */
  private static final Duration END_LIMIT = Duration.ofMinutes(3);

  /** How long a guest works before it moves. */
  private static final Duration WORK = Duration.ofMillis(500);

  private static final int SCRAPE_LIMIT_MILLIS = 5_000;
  private static final byte[] SCRAPE =
      "GET /metrics HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final LocalDaemons host;
  private final List<String> addresses;

  private CacheTraining(LocalDaemons host) {
    this.host = host;
    addresses =
        List.of(
            "--source=" + host.source().client().address(),
            "--dest=" + host.destination().client().address());
  }

  /**
   * Trains; exits with 0 if every guest moved.
   *
   * @param arguments the directory for the daemons' logs
   */
  public static void main(String[] arguments) throws InterruptedException {
    Ferry.prepareLogging();
    endWithin(LIMIT);
    Path launcher = Path.of(System.getProperty("pageferry.launcher", "ferry"));
    try (LocalDaemons host = LocalDaemons.start(launcher, Optional.of(Path.of(arguments[0])))) {
      new CacheTraining(host).run();
      host.end(END_LIMIT);
    } catch (FerryException e) {
      System.err.println("ferry: " + e.sentence());
      System.exit(e.exitCode().number());
    }
    System.exit(ExitCode.OK.number());
  }

  /** Nobody looks after a training; its daemons end with it. */
  private static void endWithin(Duration limit) {
    var _ =
        Thread.ofPlatform()
            .daemon()
            .name("training-limit")
            .start(() -> {
              LockSupport.parkNanos(limit.toNanos());
              System.err.println("ferry: the training took longer than " + limit + ".");
              System.exit(ExitCode.INTERNAL.number());
            });
  }

  private void run() throws InterruptedException {
    require("version");
    require("--help");
    cancel();
    for (TrainingGuest guest : TrainingGuest.ALL) {
      move(guest);
    }
  }

  /** A migration that ends before its switchover, or, on a fast host, just does not. */
  private void cancel() throws InterruptedException {
    load(List.of("--program=counter", "--memory=256MiB"));
    require("migrate", "--detach");
    boolean cancelled = ferry("cancel") == ExitCode.OK.number();
    var _ = ferry("watch", "--until-done", "--interval=50ms");
    require("guest", "unload", "--at=source");
    if (!cancelled) {
      require("guest", "unload", "--at=dest");
    }
  }

  private void move(TrainingGuest guest) throws InterruptedException {
    load(guest.load());
    require(Stream.concat(Stream.of("migrate"), guest.migrate().stream()));
    if (guest.migrate().contains(TrainingGuest.DETACH)) {
      scrape(host.source());
      scrape(host.destination());
      require("watch", "--until-done", "--interval=100ms");
    }
    require("status", "--output=json");
    scrape(host.source());
    scrape(host.destination());
    require("faults");
    if (guest.hasConsole()) {
      require("guest", "console", "--at=dest", "--write=q");
      require("guest", "console", "--at=dest", "--follow");
    }
    require("guest", "unload", "--at=source");
    require("guest", "unload", "--at=dest");
  }

  private void load(List<String> options) throws InterruptedException {
    require(Stream.concat(Stream.of("guest", "load"), options.stream()));
    require("guest", "start");
    Thread.sleep(WORK);
    require("status");
  }

  /** As Prometheus does; one that a busy host does not answer in time is left out. */
  private static void scrape(DaemonProcess daemon) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), daemon.metricsPort())) {
      socket.setSoTimeout(SCRAPE_LIMIT_MILLIS);
      socket.getOutputStream().write(SCRAPE);
      var _ = socket.getInputStream().readAllBytes();
    } catch (IOException e) {
      System.err.println("A scrape failed: " + e.getMessage());
    }
  }

  private void require(Stream<String> command) {
    require(command.toArray(String[]::new));
  }

  private void require(String... command) {
    int exitCode = ferry(command);
    if (exitCode != ExitCode.OK.number()) {
      throw new FerryException(
          ExitCode.INTERNAL,
          "The training stopped, because 'ferry %s' ended with exit code %d."
              .formatted(String.join(" ", command), exitCode));
    }
  }

  private int ferry(String... command) {
    List<String> line = new ArrayList<>(List.of(command));
    if (!command[0].startsWith("-")) {
      line.addAll(addresses);
    }
    String[] arguments = line.toArray(String[]::new);
    return Ferry.commandLineFor(arguments).execute(arguments);
  }
}
