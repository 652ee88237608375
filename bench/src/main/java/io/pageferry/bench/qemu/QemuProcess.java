package io.pageferry.bench.qemu;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.pageferry.bench.process.BoundedProcess;
import io.pageferry.bench.process.ProcessorTime;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@code qemu-system-x86_64} that emulates its guest (TCG), with one vCPU. Used by one thread;
 * closing ends it.
 */
final class QemuProcess implements AutoCloseable {
  /** What is run. */
  static final String PROGRAM = "qemu-system-x86_64";

  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(10);
  private static final Pattern WORDS = Pattern.compile(": 0x([0-9a-f]{8}) 0x([0-9a-f]{8})");

  private final String name;
  private final Path directory;
  private final Process process;
  private final Qmp monitor;
  private final long processId;
  private final long vcpuThreadId;
  private final Thread hook;

  /**
   * Starts one and waits until its monitor answers.
   *
   * @param name of it, for files
   * @param directory where those go; with the boot disk {@code disk}
   * @param prefix a command in front of QEMU's own
   * @param incoming whether it waits for a guest instead of booting
   */
  QemuProcess(String name, Path directory, List<String> prefix, int memoryMib, boolean incoming)
      throws InterruptedException {
    this.name = name;
    this.directory = directory;
    List<String> command = command(prefix, memoryMib, incoming);
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(file("log").toFile())
              .start();
    } catch (IOException e) {
      throw BoundedProcess.cannotRun(command, e);
    }
    hook = new Thread(() -> BoundedProcess.end(process), "end-" + name);
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      monitor = connect();
      processId = Long.parseLong(Files.readString(file("pid")).strip());
      JsonElement vcpu = monitor.call("query-cpus-fast").getAsJsonArray().get(0);
      vcpuThreadId = vcpu.getAsJsonObject().get("thread-id").getAsLong();
    } catch (IOException e) {
      BoundedProcess.end(process);
      throw new UncheckedIOException("QEMU's process number cannot be read.", e);
    } catch (InterruptedException | FerryException e) {
      BoundedProcess.end(process);
      throw e;
    }
  }

  private List<String> command(List<String> prefix, int memoryMib, boolean incoming) {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(List.of(PROGRAM, "-name", name + ",debug-threads=on"));
    command.addAll(List.of("-accel", "tcg", "-machine", "pc", "-smp", "1"));
    command.addAll(List.of("-m", Integer.toString(memoryMib)));
    command.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none", "-boot", "a"));
    command.addAll(
        List.of(
            "-drive",
            "if=floppy,format=raw,readonly=on,file=" + directory.resolve("disk"),
            "-qmp",
            "unix:" + file("qmp") + ",server=on,wait=off",
            "-pidfile",
            file("pid").toString()));
    if (incoming) {
      command.addAll(List.of("-incoming", "defer"));
    }
    return command;
  }

  private Path file(String kind) {
    return directory.resolve(name + "." + kind);
  }

  private Qmp connect() throws InterruptedException {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (process.isAlive() && System.nanoTime() - deadline < 0) {
      try {
        return Qmp.connect(file("qmp"));
      } catch (IOException _) {
        // It does not listen yet.
        Thread.sleep(LOOK_INTERVAL);
      }
    }
    throw new FerryException(ExitCode.ENVIRONMENT, "QEMU does not start: " + log());
  }

  private String log() {
    try {
      return Files.readString(file("log")).strip();
    } catch (IOException e) {
      return "it left no log (" + e.getMessage() + ")";
    }
  }

  /** Its monitor. */
  Qmp monitor() {
    return monitor;
  }

  /** Processor time until now. */
  ProcessorTime processorTime() {
    return ProcessorTime.of(processId, vcpuThreadId);
  }

  /** What its guest says of itself. */
  GuestStatistics statistics() throws InterruptedException {
    long before = System.nanoTime();
    byte[] page = memory(GuestStatistics.ADDRESS, GuestStatistics.LENGTH);
    return GuestStatistics.of(page, before + (System.nanoTime() - before) / 2);
  }

  /** Pages that its guest has touched: less than statistics, and quicker. */
  long touches() throws InterruptedException {
    JsonObject arguments = new JsonObject();
    arguments.addProperty("command-line", "xp /2wx 0x" + Long.toHexString(GuestStatistics.ADDRESS));
    String answer = monitor.call("human-monitor-command", arguments).getAsString();
    Matcher words = WORDS.matcher(answer);
    if (!words.find()) {
      throw new FerryException(ExitCode.INTERNAL, "QEMU: not two words of memory: " + answer);
    }
    return Long.parseLong(words.group(2), 16) << 32 | Long.parseLong(words.group(1), 16);
  }

  /** Bytes of its guest's physical memory. */
  byte[] memory(long address, int length) throws InterruptedException {
    Path file = file("memory");
    JsonObject arguments = new JsonObject();
    arguments.addProperty("val", address);
    arguments.addProperty("size", length);
    arguments.addProperty("filename", file.toString());
    var _ = monitor.call("pmemsave", arguments);
    try {
      byte[] bytes = Files.readAllBytes(file);
      Files.delete(file);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException("What QEMU has saved of its memory cannot be read.", e);
    }
  }

  @Override
  public void close() {
    monitor.close();
    process.destroy();
    try {
      var _ = process.waitFor(5, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    BoundedProcess.end(process);
    try {
      var _ = Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // Shutting down already: the hook finds nothing to do.
    }
  }
}
