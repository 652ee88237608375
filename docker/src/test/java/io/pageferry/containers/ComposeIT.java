package io.pageferry.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of docker/README.md, run as they stand there. */
@NeedsEngine
class ComposeIT {
  private static final long LIMIT_SECONDS = 180;

  @TempDir private Path directory;
  private List<String> compose;

  private record Run(int exitCode, String output) {
    String succeeded() {
      assertThat(exitCode).as(output).isZero();
      return output;
    }
  }

  @BeforeEach
  void findCompose() throws Exception {
    Optional<List<String>> found = Optional.empty();
    for (List<String> candidate :
        List.of(List.of("docker", "compose"), List.of("docker-compose"))) {
      if (found.isEmpty() && answers(candidate)) {
        found = Optional.of(candidate);
      }
    }
    assumeTrue(found.isPresent(), "Docker Compose is not installed");
    compose = found.orElseThrow();
  }

  private boolean answers(List<String> command) throws InterruptedException {
    try {
      return run(command, "version").exitCode() == 0;
    } catch (IOException _) {
      return false;
    }
  }

  @AfterEach
  void endEverything() throws Exception {
    if (compose != null) {
      var _ = run(compose, file("down", "--volumes")).succeeded();
    }
  }

  @Test
  void everyServiceHasLimitsAndPublishesOnLoopbackOnly() throws Exception {
    String config = run(compose, file("config")).succeeded();
    assertThat(config).contains("source:", "dest:", "prometheus:", "grafana:", "mem_limit: ");
    assertThat(config).doesNotContain("0.0.0.0");
  }

  @Test
  void afterUpOneCommandLoadsRunsAndMovesAGuest() throws Exception {
    var _ = run(compose, file("up", "-d", "--build", "source", "dest", "prometheus")).succeeded();
    assertThat(run(compose, file("run", "--rm", "move")).succeeded())
        .contains("digests equal", "PASS kv");
    assertThat(run(compose, file("run", "--rm", "ferry", "status")).succeeded())
        .contains("source:7401", "dest:7402", "COMPLETED");
  }

  private static String[] file(String... arguments) {
    List<String> all = new ArrayList<>(List.of("-f", "docker/compose.yaml"));
    Collections.addAll(all, arguments);
    return all.toArray(String[]::new);
  }

  private Run run(List<String> command, String... arguments)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(command);
    Collections.addAll(line, arguments);
    Path output = Files.createTempFile(directory, "compose", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory(Images.repository().toFile())
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(output.toFile());
    // A project of its own, beside one that a person may have started.
    builder.environment().put("COMPOSE_PROJECT_NAME", "pageferry-test");
    Process process = builder.start();
    try {
      assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
          .as("%s ended within %d s: %s", line, LIMIT_SECONDS, Files.readString(output))
          .isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Run(process.exitValue(), Files.readString(output));
  }
}
