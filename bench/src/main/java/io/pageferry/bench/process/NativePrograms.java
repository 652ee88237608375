package io.pageferry.bench.process;

import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/**
 * The compiled programs of {@code bench/src/main/native}, in {@code bench/target/native}. What is
 * up to date there is not compiled again. Immutable.
 */
public final class NativePrograms {
  private static final Duration COMPILE_LIMIT = Duration.ofMinutes(2);

  private final Path sources;
  private final Path directory;

  private NativePrograms(Path project) {
    this.sources = project.resolve("bench/src/main/native");
    this.directory = project.resolve("bench/target/native");
  }

  /**
   * Compiles those of the project whose {@code ferry} script runs this process.
   *
   * @throws FerryException if there is no compiler, or it fails
   */
  public static NativePrograms build() throws InterruptedException {
    String launcher = System.getProperty("pageferry.launcher");
    if (launcher == null) {
      throw new FerryException(
          ExitCode.USAGE,
          "The peers are compiled from the project's sources; run this by ./ferry.");
    }
    return build(Path.of(launcher).toAbsolutePath().resolveSibling(".").normalize());
  }

  /**
   * Compiles those of a project.
   *
   * @param project the directory of the {@code ferry} script
   * @throws FerryException if there is no compiler, or it fails
   */
  public static NativePrograms build(Path project) throws InterruptedException {
    NativePrograms programs = new NativePrograms(project);
    programs.make("all");
    return programs;
  }

  /** Whether {@code gcc} and {@code make} are installed. */
  public static boolean canBuild() {
    return SearchPath.holds("gcc") && SearchPath.holds("make");
  }

  /** Where a program is. */
  public Path program(String name) {
    return directory.resolve(name);
  }

  /**
   * The boot sector of QEMU's guest.
   *
   * @throws FerryException if the compiler cannot compile for x86
   */
  public Path qemuGuest() throws InterruptedException {
    make("qemu-guest");
    return directory.resolve("qemu-guest.bin");
  }

  private void make(String target) throws InterruptedException {
    if (!canBuild()) {
      throw new FerryException(
          ExitCode.ENVIRONMENT,
          "The programs that PageFerry is compared with are in C, and there is no gcc or no make; "
              + "install both with the C library's headers (Debian: build-essential).");
    }
    List<String> command =
        List.of("make", "-s", "-C", sources.toString(), "OUT=" + directory, target);
    try {
      Path lock = Files.createDirectories(directory).resolve("lock");
      // Two processes at once would run what the other has not finished writing.
      try (FileChannel channel =
          FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        var _ = channel.lock();
        var _ = BoundedProcess.run(command, COMPILE_LIMIT);
      }
    } catch (IOException e) {
      throw new FerryException(
          ExitCode.ENVIRONMENT,
          "Cannot compile into %s (%s); is it writable?".formatted(directory, e.getMessage()));
    }
  }
}
