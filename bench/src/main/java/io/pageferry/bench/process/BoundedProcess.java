package io.pageferry.bench.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process that runs to its end, or to a limit. Stateless; any thread. */
public final class BoundedProcess {
  private BoundedProcess() {}

  /**
   * What a process printed. It may print less than a pipe holds, 64 KiB.
   *
   * @throws FerryException if it cannot be run, does not end in time, or ends with anything but 0;
   *     with what it printed on standard error; an exit code of {@link ExitCode#ENVIRONMENT} is
   *     kept
   */
  public static String run(List<String> command, Duration limit) throws InterruptedException {
    Process process = start(command);
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new FerryException(
            ExitCode.INTERNAL,
            "%s did not end within %d s and was ended."
                .formatted(String.join(" ", command), limit.toSeconds()));
      }
      String output = text(process.getInputStream());
      if (process.exitValue() != 0) {
        throw new FerryException(
            process.exitValue() == ExitCode.ENVIRONMENT.number()
                ? ExitCode.ENVIRONMENT
                : ExitCode.INTERNAL,
            "%s ended with exit code %d: %s"
                .formatted(
                    String.join(" ", command),
                    process.exitValue(),
                    text(process.getErrorStream()).strip()));
      }
      return output;
    } finally {
      end(process);
    }
  }

  private static Process start(List<String> command) {
    try {
      return new ProcessBuilder(command)
          .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
          .start();
    } catch (IOException e) {
      throw cannotRun(command, e);
    }
  }

  /** Why a process did not start. */
  public static FerryException cannotRun(List<String> command, IOException failure) {
    return new FerryException(
        ExitCode.ENVIRONMENT,
        "Cannot run %s (%s); is it installed?".formatted(command.getFirst(), failure.getMessage()));
  }

  private static String text(InputStream stream) {
    try {
      return new String(stream.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read what a process printed.", e);
    }
  }

  /** Ends a process and those that it has started. */
  public static void end(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
