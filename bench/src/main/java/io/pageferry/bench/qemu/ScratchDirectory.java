package io.pageferry.bench.qemu;

import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A directory for as long as it is open, in memory where there is such a file system, so that what
 * is written there is not written to a disk while others are measured.
 */
record ScratchDirectory(Path path) implements AutoCloseable {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  /** A new one. */
  static ScratchDirectory create() {
    try {
      return new ScratchDirectory(
          Files.isWritable(SHARED_MEMORY)
              ? Files.createTempDirectory(SHARED_MEMORY, "pageferry-")
              : Files.createTempDirectory("pageferry-"));
    } catch (IOException e) {
      throw new FerryException(
          ExitCode.ENVIRONMENT,
          "Cannot create a temporary directory (%s).".formatted(e.getMessage()));
    }
  }

  @Override
  public void close() {
    try (java.util.stream.Stream<Path> files = Files.list(path)) {
      List<Path> left = files.toList();
      for (Path file : left) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(path);
    } catch (IOException _) {
      // A leftover file in a temporary directory is no reason to fail.
    }
  }
}
