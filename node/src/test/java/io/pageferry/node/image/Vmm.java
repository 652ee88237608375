package io.pageferry.node.image;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The stand-in for a VMM, {@code src/test/c/vmm.c}, as a process; and the image whose rule it
 * knows.
 */
final class Vmm implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 120;
  private static final int NO_USERFAULTFD = 77;

  private final Process process;

  private Vmm(Process process) {
    this.process = process;
  }

  /** Compiles it; skips the test where there is no compiler. */
  static Path compile(Path directory) throws IOException, InterruptedException {
    Path program = directory.resolve("vmm");
    Process compiler;
    try {
      compiler =
          new ProcessBuilder(
                  "gcc", "-O2", "-o", program.toString(), "src/test/c/vmm.c", "-lpthread")
              .inheritIO()
              .start();
    } catch (IOException e) {
      assumeTrue(false, "gcc is not installed");
      throw e;
    }
    if (compiler.waitFor() != 0) {
      throw new IOException("vmm.c cannot be compiled.");
    }
    return program;
  }

  /** Writes the image of so many bytes; its zero pages are holes, and pages of zeros. */
  static Path image(Path directory, long bytes) throws IOException {
    Path file = directory.resolve("image");
    ByteBuffer page = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (long number = 0; number < bytes / 4096; number++) {
        if (number % 1024 >= 960) {
          continue;
        }
        for (int word = 0; word < 512; word++) {
          page.putLong(word * 8, isZero(number) ? 0 : mix(number * 512 + word));
        }
        channel.write(page.clear(), number * 4096);
      }
      if (channel.size() < bytes) {
        channel.write(ByteBuffer.allocate(1), bytes - 1);
      }
    }
    return file;
  }

  /** Whether the image's rule makes a page zero. */
  static boolean isZero(long page) {
    return page % 7 == 3 || page % 1024 >= 960;
  }

  private static long mix(long seed) {
    long x = seed + 0x9e3779b97f4a7c15L;
    x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
    x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
    return x ^ (x >>> 31);
  }

  static Vmm start(Path program, Path socket, long bytes, String... options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(program.toString(), "-s", socket.toString(), "-m", Long.toString(bytes)));
    command.addAll(Arrays.asList(options));
    return new Vmm(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /** Lets one go on that was started with -W. */
  void go() throws IOException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
  }

  long pid() {
    return process.pid();
  }

  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Everything that it says until it ends, which it does with 0. */
  String output() throws IOException, InterruptedException {
    StringBuilder output = new StringBuilder();
    Thread reader =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try (BufferedReader lines = process.inputReader()) {
                lines.lines().forEach(line -> output.append(line).append('\n'));
              } catch (IOException e) {
                output.append(e);
              }
            });
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("The VMM still waits: " + stack());
    }
    reader.join();
    assumeTrue(process.exitValue() != NO_USERFAULTFD, "the kernel gives no userfaultfd");
    if (process.exitValue() != 0) {
      throw new AssertionError("The VMM ended with " + process.exitValue() + ": " + output);
    }
    return output.toString();
  }

  /** How it ends, if it does so by a signal: 128 and the signal's number. */
  int awaitSignal() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("The VMM still waits: " + stack());
    }
    return process.exitValue();
  }

  private String stack() {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/stack"));
    } catch (IOException e) {
      return "unknown";
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
