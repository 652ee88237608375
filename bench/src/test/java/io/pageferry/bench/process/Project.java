package io.pageferry.bench.process;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the tests run. */
public final class Project {
  private Project() {}

  /** The directory that holds all modules. */
  public static Path directory() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("mvnw"))) {
      directory = directory.resolve("..").normalize();
    }
    return directory;
  }
}
