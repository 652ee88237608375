package io.pageferry.bench.peer;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the tests run. */
final class Project {
  private Project() {}

  /** The directory that holds all modules. */
  static Path directory() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("mvnw"))) {
      directory = directory.resolve("..").normalize();
    }
    return directory;
  }
}
