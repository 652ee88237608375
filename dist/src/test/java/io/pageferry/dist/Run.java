package io.pageferry.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One run of a program, to its end.
 *
 * @param exitCode what it ended with
 * @param output what it printed, on both streams
 */
record Run(int exitCode, String output) {
  /** Runs it; variables of the environment with an empty value are removed. */
  static Run of(Map<String, String> environment, List<String> command) throws Exception {
    Path output = Files.createTempFile("run-", ".out");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
      environment.forEach((name, value) -> {
        if (value.isEmpty()) {
          builder.environment().remove(name);
        } else {
          builder.environment().put(name, value);
        }
      });
      Process process = builder.start();
      try {
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("%s ends", command).isTrue();
      } finally {
        var _ = process.destroyForcibly();
      }
      return new Run(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    } finally {
      Files.delete(output);
    }
  }

  static Run of(String... command) throws Exception {
    return of(Map.of(), List.of(command));
  }

  /** Its output; it must have ended with 0. */
  String succeeded() {
    assertThat(exitCode).as(output).isZero();
    return output;
  }

  /** Whether a program is on the path. */
  static boolean canRun(String program) throws Exception {
    return of("sh", "-c", "command -v " + program).exitCode() == 0;
  }

  /** The archive that was packaged. */
  static Path archive() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("target"))) {
      Optional<Path> found =
          files
              .filter(file -> file.getFileName().toString().matches("pageferry-.*\\.tar\\.gz"))
              .findFirst();
      return found.orElseThrow().toAbsolutePath();
    }
  }

  /** Unpacks the archive into a directory; gives its top directory. */
  static Path unpack(Path directory) throws Exception {
    var _ = of("tar", "-xzf", archive().toString(), "-C", directory.toString()).succeeded();
    try (Stream<Path> top = Files.list(directory)) {
      return top.filter(Files::isDirectory).findFirst().orElseThrow();
    }
  }
}
