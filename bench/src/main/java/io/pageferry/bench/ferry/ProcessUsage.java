package io.pageferry.bench.ferry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a process has used so far, as {@code /proc} tells.
 *
 * @param seconds processor time of all its threads, ended ones included
 * @param vcpuSeconds processor time of the threads that run vCPUs
 * @param residentBytes resident memory
 */
public record ProcessUsage(double seconds, double vcpuSeconds, long residentBytes) {
  private static final double TICKS_PER_SECOND = 100;
  private static final double NANOS_PER_SECOND = 1e9;

  public static ProcessUsage of(long pid) {
    Path directory = Path.of("/proc", Long.toString(pid));
    String stat = read(directory.resolve("stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    double seconds = (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    return new ProcessUsage(seconds, vcpuSeconds(directory), residentBytes(directory));
  }

  private static double vcpuSeconds(Path directory) {
    try (Stream<Path> tasks = Files.list(directory.resolve("task"))) {
      double seconds = 0;
      for (Path task : tasks.toList()) {
        seconds += isVcpu(task) ? schedulerSeconds(task) : 0;
      }
      return seconds;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isVcpu(Path task) {
    return read(task.resolve("comm")).startsWith("vcpu-");
  }

  private static double schedulerSeconds(Path task) {
    String[] fields = read(task.resolve("schedstat")).split(" ", -1);
    return fields.length < 2 ? 0 : Long.parseLong(fields[0]) / NANOS_PER_SECOND;
  }

  private static long residentBytes(Path directory) {
    List<String> lines = read(directory.resolve("status")).lines().toList();
    for (String line : lines) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    return 0;
  }

  /** A file's text; empty if its thread has ended meanwhile. */
  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException _) {
      return "";
    } catch (IOException e) {
      if (!Files.exists(file)) {
        // It ended between opening and reading.
        return "";
      }
      throw new UncheckedIOException(e);
    }
  }
}
