package io.pageferry.client.local;

import io.pageferry.client.AdminClient;
import io.pageferry.client.FerryException;
import io.pageferry.config.HostPort;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.Role;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A daemon in a process of its own, and a client of it. Any thread may close it, more than once;
 * the process is gone afterwards.
 */
public final class DaemonProcess implements AutoCloseable {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(50);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);
  private static final int TAIL_LINES = 15;

  private final Role role;
  private final Process process;
  private final Path log;
  private final AdminClient client;
  private final int metricsPort;

  private DaemonProcess(Role role, Process process, Path log, AdminClient client, int metricsPort) {
    this.role = role;
    this.process = process;
    this.log = log;
    this.client = client;
    this.metricsPort = metricsPort;
  }

  /**
   * Starts a daemon.
   *
   * @param launcher the ferry script
   * @param directory where its log goes
   */
  static DaemonProcess start(
      Role role,
      Path launcher,
      Path directory,
      DaemonLaunch launch,
      int freePort,
      int metricsPort) {
    String command = role == Role.ROLE_SOURCE ? "source" : "dest";
    Path log = directory.resolve(command + ".log");
    HostPort address = new HostPort(launch.host(), launch.port() == 0 ? freePort : launch.port());
    List<String> line = new ArrayList<>(launch.prefix());
    line.addAll(List.of(launcher.toString(), command, "--listen", address.toString()));
    line.addAll(List.of("--metrics-listen", "127.0.0.1:" + metricsPort));
    line.addAll(launch.arguments());
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(log.toFile());
    builder.environment().put("PAGEFERRY_SKIP_BUILD", "1");
    if (!launch.javaOptions().isEmpty()) {
      builder.environment().put("PAGEFERRY_JAVA_OPTS", launch.javaOptions());
    }
    try {
      return new DaemonProcess(
          role, builder.start(), log, new AdminClient(role, address, CALL_TIMEOUT), metricsPort);
    } catch (IOException e) {
      throw new FerryException(
          ExitCode.ENVIRONMENT,
          "Cannot run %s (%s); is it executable?".formatted(launcher, e.getMessage()));
    }
  }

  /** The number of its process. */
  public long pid() {
    return process.pid();
  }

  /** Where it serves its metrics, on loopback. */
  public int metricsPort() {
    return metricsPort;
  }

  /** Its admin service. */
  public AdminClient client() {
    return client;
  }

  /**
   * Returns once it answers and has rehearsed.
   *
   * @throws FerryException if it ends, or does not answer within the limit
   */
  void awaitReady(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      requireAlive();
      try {
        if (!client.status().getRehearsing()) {
          return;
        }
      } catch (FerryException e) {
        if (e.exitCode() != ExitCode.UNREACHABLE) {
          throw e;
        }
      }
      if (System.nanoTime() - deadline > 0) {
        throw new FerryException(
            ExitCode.ENVIRONMENT,
            "No answer from %s within %d s. The end of its log:%n%s"
                .formatted(client.description(), limit.toSeconds(), tail()));
      }
      Thread.sleep(LOOK_INTERVAL);
    }
  }

  /**
   * Nothing if the process runs.
   *
   * @throws FerryException with the end of its log otherwise
   */
  void requireAlive() {
    if (!process.isAlive()) {
      throw new FerryException(
          exitCode(process.exitValue()),
          "%s%s ended with exit code %d. The end of its log:%n%s"
              .formatted(
                  client.description().substring(0, 1).toUpperCase(java.util.Locale.ROOT),
                  client.description().substring(1),
                  process.exitValue(),
                  tail()));
    }
  }

  private static ExitCode exitCode(int number) {
    for (ExitCode code : List.of(ExitCode.USAGE, ExitCode.ENVIRONMENT, ExitCode.VERSION_MISMATCH)) {
      if (code.number() == number) {
        return code;
      }
    }
    return ExitCode.INTERNAL;
  }

  private String tail() {
    try {
      List<String> lines =
          new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
      return lines.isEmpty()
          ? "  (empty)"
          : "  "
              + String.join(
                  "\n  ", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    } catch (IOException _) {
      return "  (" + role + " left no log)";
    }
  }

  /** Tells it to end, and waits for that. Whether it has ended. */
  boolean end(Duration patience) throws InterruptedException {
    process.destroy();
    return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    client.close();
    try {
      if (end(CLOSE_PATIENCE)) {
        return;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
  }
}
