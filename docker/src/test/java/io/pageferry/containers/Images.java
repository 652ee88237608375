package io.pageferry.containers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.testcontainers.images.builder.ImageFromDockerfile;

/**
 * The images that the tests run. Those of PageFerry are built from {@code docker/Dockerfile} and
 * the archive when a test first asks for one. Any thread.
 */
enum Images {
  SOURCE("source"),
  DESTINATION("dest"),
  COMMAND_LINE("cli");

  /** Prometheus: the public image, or the one that {@code docker/engine} has found or made. */
  static final String PROMETHEUS =
      environment("PAGEFERRY_PROMETHEUS_IMAGE").orElse("prom/prometheus:v3.5.0");

  private static final Map<Images, String> BUILT = new ConcurrentHashMap<>();

  private final String target;

  Images(String target) {
    this.target = target;
  }

  /** Its name in the engine, which has it afterwards. */
  String imageName() {
    return BUILT.computeIfAbsent(this, Images::build);
  }

  private static String build(Images image) {
    Path docker = repository().resolve("docker");
    Path archive = archive();
    ImageFromDockerfile recipe =
        new ImageFromDockerfile("pageferry-test-" + image.target, false)
            .withFileFromPath("Dockerfile", docker.resolve("Dockerfile"))
            .withFileFromPath("docker/ready", docker.resolve("ready"))
            .withFileFromPath("dist/target/" + archive.getFileName(), archive)
            .withTarget(image.target)
            .withBuildArgs(
                environment("PAGEFERRY_BASE_IMAGE")
                    .map(base -> Map.of("BASE_IMAGE", base))
                    .orElse(Map.of()));
    return recipe.get();
  }

  /** The directory that holds all modules. */
  static Path repository() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("mvnw"))) {
      directory = directory.resolve("..").normalize();
    }
    return directory;
  }

  private static Path archive() {
    try (Stream<Path> files = Files.list(repository().resolve("dist/target"))) {
      List<Path> archives = files.filter(file -> file.toString().endsWith(".tar.gz")).toList();
      assertThat(archives).as("archives in dist/target").hasSize(1);
      return archives.getFirst();
    } catch (IOException e) {
      throw new UncheckedIOException("The archive is missing; run ./mvnw package.", e);
    }
  }

  private static Optional<String> environment(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty());
  }
}
