package io.pageferry.bench.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The machine that a sitting ran on.
 *
 * @param cores processors that the JVM may use
 * @param processor the processor's model
 * @param kernel the operating system and its release
 * @param jvm name and version
 * @param memoryBytes physical memory
 * @param congestionControl TCP's default algorithm
 */
public record Host(
    int cores,
    String processor,
    String kernel,
    String jvm,
    long memoryBytes,
    String congestionControl) {
  private static final String UNKNOWN = "unknown";

  /** This machine; what it does not tell is {@code unknown}, or 0 bytes. */
  public static Host current() {
    return new Host(
        Runtime.getRuntime().availableProcessors(),
        valueOf(Path.of("/proc/cpuinfo"), "model name"),
        System.getProperty("os.name", UNKNOWN) + " " + System.getProperty("os.version", ""),
        System.getProperty("java.vm.name", UNKNOWN) + " " + Runtime.version(),
        memory(valueOf(Path.of("/proc/meminfo"), "MemTotal")),
        text(Path.of("/proc/sys/net/ipv4/tcp_congestion_control")));
  }

  /** What follows a name and a colon in a file of lines. */
  private static String valueOf(Path file, String name) {
    return text(file)
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(UNKNOWN);
  }

  private static long memory(String kibibytes) {
    return kibibytes.endsWith(" kB")
        ? Long.parseLong(kibibytes.substring(0, kibibytes.length() - 3)) * 1024
        : 0;
  }

  private static String text(Path file) {
    try {

      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
    } catch (IOException _) {
      return UNKNOWN;
    }
  }
}
