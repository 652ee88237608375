package io.pageferry.client.local;

import io.pageferry.client.Daemons;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.memory.FileProblem;
import io.pageferry.proto.v1.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Two daemons on loopback with free ports, and the directory of their logs. Closed on every path,
 * Ctrl-C included: the processes have ended and the directory is gone afterwards.
 */
public final class LocalDaemons implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  private final Path directory;
  private final boolean keepDirectory;
  private final Thread hook = new Thread(this::release, "end-daemons");
  private final List<DaemonProcess> processes = new ArrayList<>();
  private boolean released;

  private LocalDaemons(Path directory, boolean keepDirectory) {
    this.directory = directory;
    this.keepDirectory = keepDirectory;
  }

  /**
   * Starts both daemons on loopback and waits until they answer.
   *
   * @param launcher the ferry script
   * @param logs where logs are kept; absent for a directory that goes with this host
   */
  public static LocalDaemons start(Path launcher, Optional<Path> logs) throws InterruptedException {
    return start(launcher, logs, DaemonLaunch.LOOPBACK, DaemonLaunch.LOOPBACK);
  }

  /** The same, with settings of their own for the two. */
  public static LocalDaemons start(
      Path launcher, Optional<Path> logs, DaemonLaunch source, DaemonLaunch destination)
      throws InterruptedException {
    LocalDaemons host = new LocalDaemons(directory(logs), logs.isPresent());
    Runtime.getRuntime().addShutdownHook(host.hook);
    try {
      host.startDaemons(launcher, source, destination);
      return host;
    } catch (Throwable e) {
      host.close();
      throw e;
    }
  }

  private static Path directory(Optional<Path> logs) {
    try {
      return logs.isPresent()
          ? Files.createDirectories(logs.get())
          : Files.createTempDirectory("pageferry-");
    } catch (IOException e) {
      throw new FerryException(
          ExitCode.ENVIRONMENT,
          "Cannot create a directory for logs (%s); choose one with --keep-logs."
              .formatted(FileProblem.of(e)));
    }
  }

  private void startDaemons(Path launcher, DaemonLaunch here, DaemonLaunch there)
      throws InterruptedException {
    List<Integer> ports = freePorts(4);
    DaemonProcess source;
    DaemonProcess destination;
    synchronized (this) {
      if (released) {
        throw new InterruptedException("shutting down");
      }
      source =
          DaemonProcess.start(
              Role.ROLE_SOURCE, launcher, directory, here, ports.get(0), ports.get(1));
      processes.add(source);
      destination =
          DaemonProcess.start(
              Role.ROLE_DESTINATION, launcher, directory, there, ports.get(2), ports.get(3));
      processes.add(destination);
    }
    source.awaitReady(START_LIMIT);
    destination.awaitReady(START_LIMIT);
  }

  /** The source's process. */
  public synchronized DaemonProcess source() {
    return processes.get(0);
  }

  /** The destination's process. */
  public synchronized DaemonProcess destination() {
    return processes.get(1);
  }

  /**
   * Tells both to end, one after the other, and waits for that.
   *
   * @param patience for each
   * @throws FerryException if one has not ended by then
   */
  public void end(Duration patience) throws InterruptedException {
    for (DaemonProcess process : List.of(source(), destination())) {
      if (!process.end(patience)) {
        throw new FerryException(
            ExitCode.INTERNAL,
            "%s did not end within %d s of SIGTERM."
                .formatted(process.client().description(), patience.toSeconds()));
      }
    }
  }

  /** Clients of both; they end with this host. */
  public synchronized Daemons daemons() {
    return new Daemons(processes.get(0).client(), processes.get(1).client());
  }

  /**
   * Why a call failed: that a daemon has ended, where one has.
   *
   * @param failure what the call said
   */
  public synchronized FerryException explain(FerryException failure) {
    try {
      processes.forEach(DaemonProcess::requireAlive);
      return failure;
    } catch (FerryException ended) {
      return ended;
    }
  }

  /** Ports that were free a moment ago, all different. */
  private static List<Integer> freePorts(int count) {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } catch (IOException e) {
      throw new FerryException(
          ExitCode.ENVIRONMENT,
          "No free port on the loopback interface (%s).".formatted(e.getMessage()));
    } finally {
      sockets.forEach(LocalDaemons::closeQuietly);
    }
  }

  private static void closeQuietly(@Nullable ServerSocket socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private synchronized void release() {
    if (released) {
      return;
    }
    released = true;
    processes.forEach(DaemonProcess::close);
    if (!keepDirectory) {
      deleteDirectory();
    }
  }

  private void deleteDirectory() {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(directory);
    } catch (IOException _) {
      // A leftover file in the temporary directory is no reason to fail.
    }
  }

  @Override
  public void close() {
    release();
    try {
      var _ = Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // Shutting down already: the hook runs, and finds nothing to do.
    }
  }
}
