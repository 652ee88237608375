package io.pageferry.monitoring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Prometheus' own checker. Tests that need it are skipped where it is not installed. Stateless. */
final class Promtool {
  private static final long LIMIT_SECONDS = 60;

  private Promtool() {}

  /**
   * Asserts that it is content.
   *
   * @param input what it reads, or an empty string
   */
  static void accepts(String input, String... arguments) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("promtool"));
    line.addAll(List.of(arguments));
    Path given = Files.createTempFile("promtool-", ".in");
    Path said = Files.createTempFile("promtool-", ".out");
    try {
      Files.writeString(given, input);
      Process process = start(line, given, said);
      boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly();
      }
      assertThat(ended).as("promtool ends within %d s", LIMIT_SECONDS).isTrue();
      assertThat(process.exitValue()).as(Files.readString(said, UTF_8)).isZero();
    } finally {
      Files.delete(given);
      Files.delete(said);
    }
  }

  private static Process start(List<String> line, Path input, Path output) {
    try {
      return new ProcessBuilder(line)
          .redirectInput(input.toFile())
          .redirectErrorStream(true)
          .redirectOutput(output.toFile())
          .start();
    } catch (IOException e) {
      return abort("promtool is not installed; it is in Debian's package prometheus.");
    }
  }
}
