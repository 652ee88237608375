package io.pageferry.bench.process;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Keeps all processors from halting, at the lowest priority, until it is closed: then a wake-up
 * does not take an exit to the host of a virtual machine. Any thread may close it.
 */
public final class KeepAwake implements AutoCloseable {
  private final Process process;

  /** Starts now, and ends by itself after a limit. */
  public KeepAwake(NativePrograms programs, Duration limit) {
    List<String> command =
        List.of(
            programs.program("keepawake").toString(),
            "--seconds",
            Long.toString(limit.toSeconds()));
    try {
      process =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      throw BoundedProcess.cannotRun(command, e);
    }
  }

  @Override
  public void close() {
    BoundedProcess.end(process);
  }
}
