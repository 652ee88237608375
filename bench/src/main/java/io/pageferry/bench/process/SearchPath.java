package io.pageferry.bench.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Programs that are installed. Stateless. */
public final class SearchPath {
  private SearchPath() {}

  /** Whether a directory of {@code PATH} holds an executable of that name. */
  public static boolean holds(String program) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }
}
