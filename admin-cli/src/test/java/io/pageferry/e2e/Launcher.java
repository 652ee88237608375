package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One run of the {@code ferry} script, which must find everything built.
 *
 * @param exitCode what it ended with
 * @param out what it printed
 * @param err what it printed on standard error
 */
record Launcher(int exitCode, String out, String err) {
  /** The directory that holds the script. */
  static Path repository() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("mvnw"))) {
      directory = directory.resolve("..").normalize();
    }
    return directory;
  }

  /**
   * Runs it to its end.
   *
   * @param directory where to keep what it prints
   * @param environment variables to set; an empty value removes one
   */
  static Launcher run(Path directory, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    return runProgram(repository().resolve("ferry"), directory, environment, arguments);
  }

  /** Runs another program that ends in the script. */
  static Launcher runProgram(
      Path program, Path directory, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    Collections.addAll(command, arguments);
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("PAGEFERRY_SKIP_BUILD", "1");
    environment.forEach((name, value) -> {
      if (value.isEmpty()) {
        builder.environment().remove(name);
      } else {
        builder.environment().put(name, value);
      }
    });
    Process process = builder.start();
    try {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("ended within five minutes").isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Launcher(process.exitValue(), Files.readString(out), Files.readString(err));
  }
}
