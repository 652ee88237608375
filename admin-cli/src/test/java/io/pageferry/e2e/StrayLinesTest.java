package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.telemetry.StrayLines;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What libraries and threads that fail print is a line of the log as any other. */
class StrayLinesTest {
  @TempDir private Path directory = Path.of("");

  /** Logs as gRPC does, and has a thread that fails. */
  static final class Sayer {
    private Sayer() {}

    public static void main(String[] args) throws InterruptedException {
      StrayLines.catchAll();
      java.util.logging.Logger.getLogger("io.grpc.Example").warning("a call\nwent astray");
      Thread.ofPlatform()
          .name("clumsy")
          .start(() -> {
            throw new IllegalStateException("dropped it");
          })
          .join();
    }
  }

  @Test
  void everyLineHasTheLogsFormat() throws Exception {
    try (JavaProgram program = JavaProgram.start(directory, Sayer.class.getName())) {
      assertThat(program.awaitExit()).isZero();
      assertThat(program.output().lines())
          .hasSize(2)
          .allMatch(line -> line.startsWith("time="))
          .anyMatch(line -> line.contains("level=WARN") && line.contains("a call | went astray"))
          .anyMatch(line ->
              line.contains("level=ERROR")
                  && line.contains("Thread clumsy has ended by an exception.")
                  && line.contains("IllegalStateException: dropped it"));
    }
  }
}
